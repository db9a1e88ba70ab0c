"""What every request has to be before anything is done for it."""

import hashlib
from collections.abc import Sized
from typing import Protocol

from dramatis.core.errors import Invalid
from dramatis.ingest.adapters.event_schema import id_fault
from dramatis.ingest.ports import Request
from dramatis.runtime.identity import current_tenant

MAX_REQUEST_ID = 128


class _Mutating(Protocol):
    request_id: str

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802


def identify(method: str, message: _Mutating) -> Request:
    """The caller's request, by tenant, method and id.

    Raises:
        Invalid: there is no id, or it is too long.
    """
    if not message.request_id:
        raise Invalid(
            "request_id is required: a new one for each request, the same when sending again",
            reason="REQUEST_ID_MISSING",
            field="request_id",
        )
    if len(message.request_id) > MAX_REQUEST_ID:
        raise Invalid(f"request_id has at most {MAX_REQUEST_ID} characters", field="request_id")
    body = message.SerializeToString(deterministic=True)
    digest = hashlib.blake2b(body, digest_size=16).digest()
    return Request(current_tenant(), method, message.request_id, digest)


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
