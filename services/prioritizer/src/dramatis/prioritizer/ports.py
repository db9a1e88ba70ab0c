"""What the use cases need of the world."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from dramatis.core.campaign import Campaign
from dramatis.core.errors import DramatisError
from dramatis.core.plan import Plan
from dramatis.core.snapshot import Snapshot, SnapshotReference
from dramatis.prioritizer.domain.feedback import Fate, Report
from dramatis.prioritizer.domain.standing import Standing

Pseudonym = Callable[[str, str], str]
"""What a tenant's recipient is called where their own id must not be; quick, and never waits."""

Who = tuple[str, str]
"""Tenant and pseudonym."""


@dataclass(frozen=True, slots=True)
class Word:
    """A recipient's standing, and when marketing was last agreed to (None: it is not)."""

    bits: Standing
    granted: datetime | None = None


class About(Enum):
    """What a change is about."""

    SNAPSHOT = "snapshot"
    REFERENCE = "reference"
    PLAN = "plan"
    CAMPAIGN = "campaign"
    RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that decisions rest on is now so.

    Attributes:
        about: what the change is about.
        tenant: whose.
        subject: pseudonym of the recipient, id of the campaign; "" for snapshots and plans.
        value: what is so now; None: the recipient's or campaign's record, or the plan, is gone. A
            reference: a snapshot is there to be fetched.
        topic, key, body: the record that says so; no body: the key is gone.
    """

    about: About
    tenant: str
    subject: str
    value: Snapshot | SnapshotReference | Plan | Campaign | Word | None
    topic: str
    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes in order; `current` once everything that the log held at first has been read."""

    changes: Sequence[Change]
    current: bool


class Feed(Protocol):
    """The topics that decisions rest on, from the beginning, then as they grow."""

    def follow(self) -> AsyncIterator[Batch]:
        """Yields batches without end; waits out a log that cannot be read, skips what is bad."""
        ...


class Bodies(Protocol):
    """Where snapshots are that are too large for the log."""

    async def fetch(self, reference: SnapshotReference) -> Change:
        """The snapshot, whole and sound. Takes long; does not block.

        Raises:
            Unavailable: it cannot be had now; try again.
            NotFound: it is kept no more; a newer one is on its way.
            Invalid: what came is not what is referred to.
        """
        ...


@dataclass(frozen=True, slots=True)
class Listing:
    """A recipient on the suppression list, by pseudonym, since when."""

    tenant: str
    pseudonym: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """What the disk held.

    Attributes:
        changes: the last good record of each key.
        complete: whether it once held all of the log, and nothing of it has been damaged since.
        listings: the suppression list.
    """

    changes: Sequence[Change]
    complete: bool
    listings: Sequence[Listing]


class Shelf(Protocol):
    """The last good state on disk, so that decisions go on with everything else down."""

    async def load(self) -> Kept:
        """Everything that is kept. Of damaged snapshots the one before comes instead."""
        ...

    async def find(self, reference: SnapshotReference) -> Change | None:
        """The snapshot that is referred to, where it is kept and sound."""
        ...

    async def save(self, batch: Batch) -> None:
        """Keeps the changes, durably. The same change twice is the same as once.

        A disk that fails is complained of in the log of the process and nowhere else: decisions go
        on from memory, and after a restart the changes come again.
        """
        ...


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision to keep.

    Attributes:
        decision_id: follows from tenant and request id, see `app.prioritize.decision_id`.
        fingerprint: of what was asked; the same id with another one is a mistake.
        recipient_id: whom it is about.
        campaign_ids: those that may be confirmed.
        body: all else, as written to the log.
    """

    decision_id: str
    fingerprint: bytes
    recipient_id: str
    campaign_ids: tuple[str, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a report, and why where it was rejected."""

    fate: Fate
    error: DramatisError | None = None


class Ledger(Protocol):
    """Decisions and what came of them. Returning means durable, and on its way to the log."""

    async def keep(
        self, tenant: str, records: Sequence[DecisionRecord]
    ) -> Sequence[DecisionRecord]:
        """Keeps new decisions; returns for each id what is kept under it, new or old.

        Raises:
            Unavailable: nothing was kept, or it is not known whether it was.
        """
        ...

    async def get(self, tenant: str, decision_id: str) -> bytes:
        """The body of a decision.

        Raises:
            NotFound: this tenant has none of that id.
        """
        ...

    async def settle(
        self, tenant: str, method: str, request_id: str, fingerprint: bytes,
        reports: Sequence[Report | DramatisError],
    ) -> Sequence[Settled]:  # fmt: skip
        """Checks, deduplicates and keeps reports; the same request again gets the same answer.

        Args:
            tenant: whose decisions.
            method: the name of the call; request ids are unique within it.
            request_id, fingerprint: which request, and a digest of what it said.
            reports: what is reported; an error for what could not be read.

        Raises:
            Invalid: the request id was used for another request.
            Unavailable: nothing was kept, or it is not known whether it was.
        """
        ...

    async def forget(self, erased: Sequence[Who]) -> None:
        """Drops all that is kept of these recipients, what is on its way to the log too.

        Raises:
            Unavailable: nothing was dropped, or it is not known whether it was.
        """
        ...
