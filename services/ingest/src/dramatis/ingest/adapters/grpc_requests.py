"""What every request has to be before anything is done for it."""

from collections.abc import Sized

from dramatis.core.errors import Invalid
from dramatis.ingest.adapters.event_schema import id_fault


def check_count(items: Sized, most: int, field: str) -> None:
    """Raises Invalid where a batch is empty or too large."""
    if not 1 <= len(items) <= most:
        raise Invalid(
            f"{field} has 1..{most:,} items, got {len(items):,}", reason="BATCH_SIZE", field=field
        )


def check_sequence(given: int, expected: int) -> None:
    """Raises Invalid where a window of a stream is not the next one."""
    if given != expected:
        raise Invalid(
            f"sequence rises by one from 1: expected {expected}, got {given}",
            reason="BAD_SEQUENCE",
            field="sequence",
        )


def check_id(recipient_id: str) -> None:
    """Raises Invalid where no recipient can be called so."""
    if fault := id_fault(recipient_id, "recipient_id"):
        raise fault
