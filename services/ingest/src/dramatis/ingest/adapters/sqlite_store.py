"""Ingest's memory in a SQLite file.

Lists travel into statements as one JSON text: a statement that runs once over a thousand ids
holds neither the interpreter nor the file as long as a thousand statements do.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from dramatis.core.consent import Consent, ConsentState, DataType, Purpose
from dramatis.core.request import Request, reused
from dramatis.ingest.domain.merge import Held
from dramatis.ingest.domain.permissions import profiling
from dramatis.ingest.domain.rules import Known
from dramatis.ingest.ports import Answer, Effect, HeldCampaign, HeldRecipient
from dramatis.runtime import sqlite_positions as positions
from dramatis.runtime import topics
from dramatis.runtime.event_log import Position
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sqlite import Database, Transaction

FILE_NAME = "ingest.sqlite3"
GROUP = "ingest"

_SCHEMA = """
CREATE TABLE events (
    tenant TEXT NOT NULL,
    event_id TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" INTEGER NOT NULL,
    PRIMARY KEY (tenant, event_id)
) WITHOUT ROWID;
CREATE INDEX events_by_recipient ON events (tenant, recipient_id);
CREATE TABLE consents (
    tenant TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    purpose INTEGER NOT NULL,
    data_type INTEGER NOT NULL,
    state INTEGER NOT NULL,
    said_at TEXT NOT NULL,
    source TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (tenant, recipient_id, purpose, data_type)
) WITHOUT ROWID;
CREATE TABLE time_zones (
    tenant TEXT NOT NULL,
    recipient_id TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    PRIMARY KEY (tenant, recipient_id)
) WITHOUT ROWID;
CREATE TABLE erasures (
    digest TEXT NOT NULL PRIMARY KEY,
    erased_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE signals (
    tenant TEXT NOT NULL,
    signal_id TEXT NOT NULL,
    PRIMARY KEY (tenant, signal_id)
) WITHOUT ROWID;
CREATE TABLE campaigns (
    tenant TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (tenant, campaign_id)
) WITHOUT ROWID;
CREATE TABLE answers (
    tenant TEXT NOT NULL,
    method TEXT NOT NULL,
    request_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    body BLOB NOT NULL,
    answered_at REAL NOT NULL,
    PRIMARY KEY (tenant, method, request_id)
) WITHOUT ROWID;
CREATE INDEX answers_by_time ON answers (answered_at);
"""


class SqliteStore:
    """A `Store` on a file of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path) -> AsyncIterator["SqliteStore"]:
        """Opens the store, makes it if missing.

        Raises:
            Unavailable: the file cannot be used; the message says what to do.
        """
        async with Database.open(path, [_SCHEMA, positions.SCHEMA]) as database:
            yield cls(database)

    async def answer(self, request: Request) -> bytes | None:
        """See `Store`."""
        return await self._database.read(lambda tx: _answer(tx, request))

    async def known(
        self, tenant: str, event_ids: Collection[str], recipient_ids: Collection[str]
    ) -> Known:
        """See `Store`."""

        def work(tx: Transaction) -> Known:
            return Known(
                seen=_present(tx, "events", "event_id", tenant, event_ids),
                erased=_erased(tx, tenant, recipient_ids),
                permissions={
                    recipient_id: profiling(held)
                    for recipient_id, held in _consents(tx, tenant, recipient_ids).items()
                },
                zones=_zones(tx, tenant, recipient_ids),
            )

        return await self._database.read(work)

    async def consents(self, tenant: str, recipient_ids: Collection[str]) -> Mapping[str, Held]:
        """See `Store`."""
        return await self._database.read(lambda tx: _consents(tx, tenant, recipient_ids))

    async def signals(self, tenant: str, signal_ids: Collection[str]) -> Collection[str]:
        """See `Store`."""
        return await self._database.read(
            lambda tx: _present(tx, "signals", "signal_id", tenant, signal_ids)
        )

    async def campaigns(
        self, tenant: str, campaign_ids: Collection[str]
    ) -> Mapping[str, HeldCampaign]:
        """See `Store`."""
        sql = (
            "SELECT campaign_id, version, value FROM campaigns"
            " WHERE tenant = ? AND campaign_id IN (SELECT value FROM json_each(?))"
        )
        rows = await self._database.read(
            lambda tx: tx.execute(sql, (tenant, json.dumps(list(campaign_ids)))).fetchall()
        )
        return {row[0]: HeldCampaign(*row) for row in rows}

    async def list_campaigns(self, tenant: str, after: str, most: int) -> Sequence[HeldCampaign]:
        """See `Store`."""
        sql = (
            "SELECT campaign_id, version, value FROM campaigns"
            " WHERE tenant = ? AND campaign_id > ? ORDER BY campaign_id LIMIT ?"
        )
        rows = await self._database.read(
            lambda tx: tx.execute(sql, (tenant, after, most)).fetchall()
        )
        return [HeldCampaign(*row) for row in rows]

    async def save(self, effect: Effect) -> None:
        """See `Store`."""
        await self._database.write(lambda tx: _save(tx, effect))

    async def recipient(self, tenant: str, recipient_id: str) -> HeldRecipient | None:
        """See `Store`."""
        return await self._database.read(lambda tx: _recipient(tx, tenant, recipient_id))

    async def erasure(self, tenant: str, recipient_id: str) -> datetime | None:
        """See `Store`."""
        return await self._database.read(lambda tx: _erasure(tx, tenant, recipient_id))

    async def erase(self, recipient_id: str, time: datetime, answer: Answer) -> None:
        """See `Store`."""
        await self._database.write(lambda tx: _erase(tx, recipient_id, time, answer))

    async def followed(self) -> LogToken:
        """See `Store`."""
        return await self._database.read(lambda tx: positions.load(tx, GROUP))

    async def follow(self, effects: Sequence[Effect], position: LogToken) -> None:
        """See `Store`."""

        def work(tx: Transaction) -> None:
            for effect in effects:
                _save(tx, effect)
            positions.save(tx, GROUP, position)

        await self._database.write(work)

    async def forget_answers(self, before: datetime) -> int:
        """See `Store`."""
        sql = "DELETE FROM answers WHERE answered_at < ?"
        return await self._database.write(
            lambda tx: tx.execute(sql, (before.timestamp(),)).rowcount
        )


def _answer(tx: Transaction, request: Request) -> bytes | None:
    row = tx.execute(
        "SELECT digest, body FROM answers WHERE tenant = ? AND method = ? AND request_id = ?",
        (request.tenant, request.method, request.request_id),
    ).fetchone()
    if row is None:
        return None
    if row[0] != request.digest:
        raise reused()
    return bytes(row[1])


def _present(
    tx: Transaction, table: str, column: str, tenant: str, ids: Collection[str]
) -> set[str]:
    sql = (
        f"SELECT value FROM json_each(?) AS wanted WHERE EXISTS (SELECT 1 FROM {table}"  # noqa: S608
        f" WHERE tenant = ? AND {column} = wanted.value)"
    )
    return {each for (each,) in tx.execute(sql, (json.dumps(list(ids)), tenant))}


def _erased(tx: Transaction, tenant: str, recipient_ids: Collection[str]) -> set[str]:
    if not tx.execute("SELECT EXISTS (SELECT 1 FROM erasures)").fetchone()[0]:
        return set()
    by_digest = {digest(tenant, each): each for each in recipient_ids}
    rows = tx.execute(
        "SELECT value FROM json_each(?) WHERE value IN (SELECT digest FROM erasures)",
        (json.dumps(list(by_digest)),),
    )
    return {by_digest[each] for (each,) in rows}


def digest(tenant: str, recipient_id: str) -> str:
    """The name of the erased: the ledger must know them, yet not hold their id."""
    return hashlib.sha256(f"{tenant}/{recipient_id}".encode()).hexdigest()


def _consents(tx: Transaction, tenant: str, recipient_ids: Collection[str]) -> Mapping[str, Held]:
    rows = tx.execute(
        "SELECT recipient_id, purpose, state, said_at, data_type, source, proof FROM consents"
        " WHERE tenant = ? AND recipient_id IN (SELECT value FROM json_each(?))"
        " ORDER BY purpose, data_type",
        (tenant, json.dumps(list(recipient_ids))),
    )
    held: dict[str, Held] = {}
    for recipient_id, purpose, state, said_at, data_type, source, proof in rows:
        said = Consent(
            Purpose(purpose),
            ConsentState(state),
            datetime.fromisoformat(said_at),
            DataType(data_type),
            source,
            proof,
        )
        held[recipient_id] = (*held.get(recipient_id, ()), said)
    return held


def _zones(tx: Transaction, tenant: str, recipient_ids: Collection[str]) -> Mapping[str, str]:
    rows = tx.execute(
        "SELECT recipient_id, time_zone FROM time_zones"
        " WHERE tenant = ? AND recipient_id IN (SELECT value FROM json_each(?))",
        (tenant, json.dumps(list(recipient_ids))),
    )
    return dict(rows.fetchall())


def _save(tx: Transaction, effect: Effect) -> None:
    tenant = effect.tenant
    _insert_events(tx, effect)
    tx.executemany(
        "INSERT OR REPLACE INTO consents VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (tenant, recipient_id, *_consent_row(consent))
            for recipient_id, held in effect.consents.items()
            for consent in held
        ],
    )
    tx.executemany(
        "INSERT OR REPLACE INTO time_zones VALUES (?, ?, ?)",
        [(tenant, *each) for each in effect.time_zones.items()],
    )
    tx.executemany(
        "INSERT OR IGNORE INTO signals VALUES (?, ?)", [(tenant, each) for each in effect.signals]
    )
    tx.executemany(
        "INSERT OR REPLACE INTO campaigns VALUES (?, ?, ?, ?)",
        [(tenant, each.campaign_id, each.version, each.value) for each in effect.campaigns],
    )
    if effect.answer:
        _remember(tx, effect.answer)


def _insert_events(tx: Transaction, effect: Effect) -> None:
    """One statement over all rows, as JSON, sorted as the table is."""
    if not effect.events:
        return
    rows = sorted(
        (each.event_id, each.recipient_id, each.position.partition, each.position.offset)
        for each in effect.events
    )
    tx.execute(
        "INSERT OR IGNORE INTO events SELECT ?, json_extract(value, '$[0]'),"
        " json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]')"
        " FROM json_each(?)",
        (effect.tenant, json.dumps(rows)),
    )


def _consent_row(consent: Consent) -> tuple[object, ...]:
    return (
        int(consent.purpose),
        int(consent.data_type),
        int(consent.state),
        consent.time.astimezone(UTC).isoformat(),
        consent.source,
        consent.proof,
    )


def _remember(tx: Transaction, answer: Answer) -> None:
    request = answer.request
    tx.execute(
        "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?)",
        (
            request.tenant,
            request.method,
            request.request_id,
            request.digest,
            answer.body,
            answer.time.timestamp(),
        ),
    )


def _recipient(tx: Transaction, tenant: str, recipient_id: str) -> HeldRecipient | None:
    who = (tenant, recipient_id)
    events = [
        Position(topics.RECIPIENT_EVENTS.name, partition, offset)
        for partition, offset in tx.execute(
            'SELECT partition, "offset" FROM events WHERE tenant = ? AND recipient_id = ?'
            ' ORDER BY partition, "offset"',
            who,
        )
    ]
    consents = _consents(tx, tenant, [recipient_id]).get(recipient_id, ())
    zone = tx.execute(
        "SELECT time_zone FROM time_zones WHERE tenant = ? AND recipient_id = ?", who
    ).fetchone()
    if not (events or consents or zone):
        return None
    return HeldRecipient(consents, zone[0] if zone else "", events)


def _erasure(tx: Transaction, tenant: str, recipient_id: str) -> datetime | None:
    row = tx.execute(
        "SELECT erased_at FROM erasures WHERE digest = ?", (digest(tenant, recipient_id),)
    ).fetchone()
    return datetime.fromisoformat(row[0]) if row else None


def _erase(tx: Transaction, recipient_id: str, time: datetime, answer: Answer) -> None:
    tenant = answer.request.tenant
    tx.execute("PRAGMA secure_delete = ON")  # else the bytes stay in the file until overwritten
    for table in ("events", "consents", "time_zones"):
        tx.execute(
            f"DELETE FROM {table} WHERE tenant = ? AND recipient_id = ?",  # noqa: S608
            (tenant, recipient_id),
        )
    tx.execute(
        "INSERT OR IGNORE INTO erasures VALUES (?, ?)",
        (digest(tenant, recipient_id), time.astimezone(UTC).isoformat()),
    )
    _remember(tx, answer)
