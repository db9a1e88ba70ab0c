"""Who works on a job: one process at a time, for as long as it says so again and again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LEASE_SECONDS: Final = 15.0
"""A job whose worker was not heard of for so long is another's to take."""
RENEW_SECONDS: Final = 4.0
"""A worker that holds a job says so this often."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's claim.

    Attributes:
        worker: name of the process; no two that live have the same.
        now: from when.
        until: till when.
    """

    worker: str
    now: datetime
    until: datetime

    @classmethod
    def of(cls, worker: str, now: datetime) -> "Lease":
        """The claim that a worker makes now.

        >>> from datetime import UTC
        >>> lease = Lease.of("w", datetime(2026, 1, 1, tzinfo=UTC))
        >>> (lease.until - lease.now).total_seconds()
        15.0
        """
        return cls(worker, now, now + timedelta(seconds=LEASE_SECONDS))

    def may_take(self, holder: str | None, until: datetime | None) -> bool:
        """Whether a job may be taken that `holder` holds until then."""
        return holder is None or until is None or holder == self.worker or until <= self.now
