"""Decisions and what came of them in an SQLite file; all of it posted to the log as well."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Final

from dramatis.api.common.v1 import event_pb2
from dramatis.api.prioritizer.v1 import prioritizer_pb2
from dramatis.core import errors
from dramatis.core.campaign import Stage
from dramatis.core.errors import DramatisError, Invalid, NotFound
from dramatis.prioritizer.adapters.events import to_event
from dramatis.prioritizer.adapters.outbox import Letter, post
from dramatis.prioritizer.domain.feedback import Facts, Fate, Report, Response, objection
from dramatis.prioritizer.ports import DecisionRecord, Listing, Pseudonym, Settled, Who
from dramatis.runtime import topics
from dramatis.runtime.clock import Clock
from dramatis.runtime.sqlite import Database, Transaction

_UNWANTED: Final = (Stage.UNSUBSCRIBE, Stage.COMPLAIN)
_DECISION: Final = prioritizer_pb2.Decision.DESCRIPTOR.full_name
_EVENT: Final = event_pb2.Event.DESCRIPTOR.full_name


class SqliteLedger:
    """A `Ledger` in an SQLite file."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        pseudonym: Pseudonym,
        posted: Callable[[], None] = lambda: None,
        listed: Callable[[Sequence[Listing]], None] = lambda listings: None,
        deleted: Callable[[], None] = lambda: None,
    ) -> None:
        """Makes the ledger.

        Args:
            database: with the migrations of `sqlite_schema`.
            clock: for the times of records.
            pseudonym: by which recipients are found when they are to be forgotten.
            posted: called when something is in the outbox.
            listed: told of recipients who want no more, once that is durable.
            deleted: called after something was forgotten.
        """
        self._pseudonym = pseudonym
        self._deleted = deleted
        self._database = database
        self._clock = clock
        self._posted = posted
        self._listed = listed

    async def keep(
        self, tenant: str, records: Sequence[DecisionRecord]
    ) -> Sequence[DecisionRecord]:
        """See `Ledger`."""
        kept = await self._database.write(lambda tx: self._keep(tx, tenant, records))
        self._posted()
        return kept

    def _keep(
        self, tx: Transaction, tenant: str, records: Sequence[DecisionRecord]
    ) -> Sequence[DecisionRecord]:
        held = [_held(tx, tenant, record.decision_id) for record in records]
        new = [record for record, old in zip(records, held, strict=True) if old is None]
        names = {x.recipient_id: self._pseudonym(tenant, x.recipient_id) for x in new}
        tx.executemany(
            "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (tenant, x.decision_id, x.fingerprint, x.recipient_id,
                 json.dumps(x.campaign_ids), x.body, names[x.recipient_id])
                for x in new
            ],
        )  # fmt: skip
        now = self._clock()
        letters = [
            Letter(topics.DECISIONS.name, tenant, x.recipient_id, names[x.recipient_id],
                   x.decision_id, _DECISION, now, x.body)
            for x in new
        ]  # fmt: skip
        post(tx, letters)
        return [old or record for record, old in zip(records, held, strict=True)]

    async def get(self, tenant: str, decision_id: str) -> bytes:
        """See `Ledger`."""
        held = await self._database.read(lambda tx: _held(tx, tenant, decision_id))
        if held is None:
            raise NotFound("decision", decision_id)
        return held.body

    async def settle(
        self, tenant: str, method: str, request_id: str, fingerprint: bytes,
        reports: Sequence[Report | DramatisError],
    ) -> Sequence[Settled]:  # fmt: skip
        """See `Ledger`."""
        request = (tenant, method, request_id)
        settled, listings = await self._database.write(
            lambda tx: self._settle(tx, request, fingerprint, reports)
        )
        self._listed(listings)
        self._posted()
        return settled

    async def forget(self, erased: Sequence[Who]) -> None:
        """See `Ledger`."""
        if await self._database.write(lambda tx: _forget(tx, erased)):
            self._deleted()

    def _settle(
        self, tx: Transaction, request: tuple[str, str, str], fingerprint: bytes,
        reports: Sequence[Report | DramatisError],
    ) -> tuple[Sequence[Settled], Sequence[Listing]]:  # fmt: skip
        row = tx.execute(
            "SELECT fingerprint, answer FROM requests"
            " WHERE tenant = ? AND method = ? AND request_id = ?",
            request,
        ).fetchone()
        if row is not None:
            if row[0] != fingerprint:
                raise Invalid(
                    "this request_id was used for another request",
                    reason="REQUEST_ID_REUSED",
                    field="request_id",
                )
            return _from_json(row[1]), ()
        tenant = request[0]
        listings: list[Listing] = []
        settled = [
            Settled(Fate.REJECTED, report)
            if isinstance(report, DramatisError)
            else self._take(tx, tenant, report, listings)
            for report in reports
        ]
        tx.execute(
            "INSERT INTO requests VALUES (?, ?, ?, ?, ?)",
            (*request, fingerprint, _to_json(settled)),
        )
        return settled, listings

    def _take(
        self, tx: Transaction, tenant: str, report: Report, listings: list[Listing]
    ) -> Settled:
        held = _held(tx, tenant, report.decision_id)
        facts = None if held is None else Facts(held.recipient_id, held.campaign_ids)
        if (error := objection(report, facts)) is not None or facts is None:
            return Settled(Fate.REJECTED, error)
        done = tx.execute(
            "INSERT OR IGNORE INTO reports VALUES (?, ?, ?, ?)",
            (tenant, report.decision_id, report.mark, report.time.isoformat()),
        )
        if not done.rowcount:
            return Settled(Fate.DUPLICATE)
        name = self._pseudonym(tenant, facts.recipient_id)
        _tell(tx, tenant, name, report, facts)
        if isinstance(report, Response) and report.stage in _UNWANTED:
            listings.append(Listing(tenant, name, report.time))
            tx.execute(
                "INSERT INTO suppressed VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
                " SET time = max(time, excluded.time)",
                (tenant, name, report.time.isoformat()),
            )
        return Settled(Fate.ACCEPTED)


def _held(tx: Transaction, tenant: str, decision_id: str) -> DecisionRecord | None:
    row = tx.execute(
        "SELECT fingerprint, recipient_id, campaign_ids, body FROM decisions"
        " WHERE tenant = ? AND decision_id = ?",
        (tenant, decision_id),
    ).fetchone()
    if row is None:
        return None
    return DecisionRecord(decision_id, row[0], row[1], tuple(json.loads(row[2])), row[3])


_OF_THE_ERASED: Final = (
    "DELETE FROM reports WHERE (tenant, decision_id) IN"
    " (SELECT tenant, decision_id FROM decisions WHERE pseudonym = ?1)",
    "DELETE FROM decisions WHERE pseudonym = ?1",
    "DELETE FROM outbox WHERE pseudonym = ?1",
    "DELETE FROM suppressed WHERE pseudonym = ?1",
)


def _forget(tx: Transaction, erased: Sequence[Who]) -> int:
    """Returns how many rows are gone."""
    tx.execute("PRAGMA secure_delete = ON")
    names = [(name,) for _, name in erased]
    gone = sum(tx.executemany(statement, names).rowcount for statement in _OF_THE_ERASED)
    keys = [(topics.CONSENTS.name, "/".join(who)) for who in erased]
    return gone + tx.executemany("DELETE FROM shelf WHERE topic = ? AND key = ?", keys).rowcount


def _tell(tx: Transaction, tenant: str, name: str, report: Report, facts: Facts) -> None:
    digest = hashlib.blake2b(report.mark.encode(), digest_size=16).hexdigest()
    event_id = f"{report.decision_id}/{digest}"
    event = to_event(report, facts, event_id)
    if event is not None:
        body = event.SerializeToString()
        letter = Letter(
            topics.RECIPIENT_EVENTS.name, tenant, facts.recipient_id, name, event_id, _EVENT,
            report.time, body,
        )  # fmt: skip
        post(tx, [letter])


def _to_json(settled: Sequence[Settled]) -> str:
    return json.dumps([[int(each.fate), *_parts(each.error)] for each in settled])


def _parts(error: DramatisError | None) -> list[object]:
    return (
        [] if error is None else [type(error).__name__, error.message, error.reason, error.metadata]
    )


def _from_json(text: str) -> Sequence[Settled]:
    return [_settled(*parts) for parts in json.loads(text)]


def _settled(
    fate: int, kind: str = "", message: str = "", reason: str = "",
    metadata: dict[str, str] | None = None,
) -> Settled:  # fmt: skip
    if not kind:
        return Settled(Fate(fate))
    error = (
        NotFound(*(metadata or {}).get("resource", "/").split("/", 1))
        if kind == NotFound.__name__
        else getattr(errors, kind)(message, reason=reason, **(metadata or {}))
    )
    return Settled(Fate(fate), error)
