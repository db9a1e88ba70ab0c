"""Ledger and shelf in memory: for tests, and for whoever wants to see what the ports mean."""

from collections.abc import Sequence
from hashlib import sha256

from dramatis.core.errors import DramatisError, Invalid, NotFound
from dramatis.core.snapshot import SnapshotReference
from dramatis.prioritizer.domain.feedback import Facts, Fate, Report, objection
from dramatis.prioritizer.ports import Batch, Change, DecisionRecord, Kept, Pseudonym, Settled, Who
from dramatis.runtime import topics


class MemoryLedger:
    """A `Ledger` that forgets when the process ends."""

    def __init__(self, pseudonym: Pseudonym) -> None:
        """Makes it empty.

        Args:
            pseudonym: by which recipients are found when they are to be forgotten.
        """
        self._pseudonym = pseudonym
        self._decisions: dict[tuple[str, str], DecisionRecord] = {}
        self._reports: set[tuple[str, str, str]] = set()
        self._requests: dict[tuple[str, str, str], tuple[bytes, Sequence[Settled]]] = {}

    async def keep(
        self, tenant: str, records: Sequence[DecisionRecord]
    ) -> Sequence[DecisionRecord]:
        """See `Ledger`."""
        return [
            self._decisions.setdefault((tenant, record.decision_id), record) for record in records
        ]

    async def get(self, tenant: str, decision_id: str) -> bytes:
        """See `Ledger`."""
        if (tenant, decision_id) not in self._decisions:
            raise NotFound("decision", decision_id)
        return self._decisions[tenant, decision_id].body

    async def settle(
        self, tenant: str, method: str, request_id: str, fingerprint: bytes,
        reports: Sequence[Report | DramatisError],
    ) -> Sequence[Settled]:  # fmt: skip
        """See `Ledger`."""
        request = (tenant, method, request_id)
        if request in self._requests:
            known, settled = self._requests[request]
            if known != fingerprint:
                raise Invalid(
                    "this request_id was used for another request",
                    reason="REQUEST_ID_REUSED",
                    field="request_id",
                )
            return settled
        settled = [self._settle(tenant, report) for report in reports]
        self._requests[request] = (fingerprint, settled)
        return settled

    async def forget(self, erased: Sequence[Who]) -> None:
        """See `Ledger`."""
        gone = {
            at
            for at, record in self._decisions.items()
            if (at[0], self._pseudonym(at[0], record.recipient_id)) in set(erased)
        }
        for at in gone:
            del self._decisions[at]
        self._reports = {mark for mark in self._reports if mark[:2] not in gone}

    def _settle(self, tenant: str, report: Report | DramatisError) -> Settled:
        if isinstance(report, DramatisError):
            return Settled(Fate.REJECTED, report)
        held = self._decisions.get((tenant, report.decision_id))
        facts = None if held is None else Facts(held.recipient_id, held.campaign_ids)
        if (error := objection(report, facts)) is not None:
            return Settled(Fate.REJECTED, error)
        mark = (tenant, report.decision_id, report.mark)
        if mark in self._reports:
            return Settled(Fate.DUPLICATE)
        self._reports.add(mark)
        return Settled(Fate.ACCEPTED)


class MemoryShelf:
    """A `Shelf` that forgets when the process ends."""

    def __init__(self) -> None:
        self._changes: dict[tuple[str, str], Change] = {}
        self._complete = False

    async def load(self) -> Kept:
        """See `Shelf`."""
        return Kept(list(self._changes.values()), self._complete, ())

    async def find(self, reference: SnapshotReference) -> Change | None:
        """See `Shelf`."""
        kept = self._changes.get((topics.SNAPSHOTS.name, reference.tenant))
        same = kept is not None and sha256(kept.body).digest() == reference.sha256
        return kept if same else None

    async def save(self, batch: Batch) -> None:
        """See `Shelf`."""
        for change in batch.changes:
            if change.body:
                self._changes[change.topic, change.key] = change
            else:
                self._changes.pop((change.topic, change.key), None)
        self._complete |= batch.current
