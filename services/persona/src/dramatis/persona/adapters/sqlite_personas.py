"""A `Store` in one SQLite file: the embedded adapter."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from dramatis.core.attributes import Attributes
from dramatis.core.campaign import Campaign
from dramatis.core.forecast import ForecastTable
from dramatis.core.request import Request, reused
from dramatis.persona.adapters import (
    campaign_records,
    forecast_records,
    profile_json,
    sqlite_items,
    standing_records,
)
from dramatis.persona.adapters.intake import Applied
from dramatis.persona.domain.population import Population, assemble
from dramatis.persona.domain.standing import Change, PersonaEvent, Standing
from dramatis.persona.ports import Effect, Item, Reclustered, Token
from dramatis.runtime import sqlite_positions as positions
from dramatis.runtime import sqlite_seen_events as seen_events
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sqlite import Database, Transaction

FILE_NAME: Final = "persona.sqlite3"
GROUP: Final = "persona"

_SCHEMA = """
CREATE TABLE standings (
    tenant TEXT NOT NULL PRIMARY KEY,
    snapshot_id TEXT NOT NULL,
    personas BLOB NOT NULL,
    snapshot BLOB NOT NULL,
    portraits TEXT NOT NULL,
    token TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE answers (
    tenant TEXT NOT NULL,
    method TEXT NOT NULL,
    request_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    answer TEXT NOT NULL,
    token TEXT NOT NULL,
    PRIMARY KEY (tenant, method, request_id)
) WITHOUT ROWID;
CREATE TABLE persona_events (
    number INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    change INTEGER NOT NULL,
    persona_id TEXT NOT NULL,
    persona_set_id TEXT NOT NULL,
    time REAL NOT NULL,
    explanation TEXT NOT NULL
);
CREATE INDEX persona_events_by_tenant ON persona_events (tenant, number);
"""


class SqlitePersonas:
    """See `Store`."""

    def __init__(self, database: Database, bulk: Database) -> None:
        """Makes it of one file opened twice: who reads `bulk` for seconds holds up no call."""
        self._database = database
        self._bulk = bulk

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path) -> AsyncIterator["SqlitePersonas"]:
        """Opens the file, makes it if missing.

        Raises:
            Unavailable: the file cannot be used; the message says what to do.
        """
        schema = "".join([positions.SCHEMA, seen_events.SCHEMA, sqlite_items.SCHEMA, _SCHEMA])
        async with (
            Database.open(path, [schema]) as database,
            Database.open(path, [schema]) as bulk,
        ):
            yield cls(database, bulk)

    async def applied(self) -> LogToken:
        """See `Store`."""
        return await self._database.read(lambda tx: positions.load(tx, GROUP))

    async def apply(self, items: Sequence[Item], position: LogToken, now: datetime) -> Applied:
        """See `Store`."""

        def work(tx: Transaction) -> Applied:
            done = sqlite_items.apply(tx, items, now)
            positions.save(tx, GROUP, position)
            return done

        return await self._database.write(work)

    async def tenants(self) -> frozenset[str]:
        """See `Store`."""
        rows = await self._database.read(
            lambda tx: tx.execute(
                "SELECT tenant FROM recipients UNION SELECT tenant FROM campaigns"
                " UNION SELECT tenant FROM standings"
            ).fetchall()
        )
        return frozenset(tenant for (tenant,) in rows)

    async def population(self, tenant: str) -> Population:
        """See `Store`."""
        return await self._bulk.read(lambda tx: _population(tx, tenant))

    async def attributes(
        self, tenant: str, recipient_ids: Sequence[str]
    ) -> Mapping[str, Attributes]:
        """See `Store`."""
        rows = await self._database.read(
            lambda tx: tx.execute(
                "SELECT recipient_id, known FROM recipients WHERE tenant = ? AND recipient_id IN"
                " (SELECT value FROM json_each(?)) AND recipient_id NOT IN"
                " (SELECT recipient_id FROM unprofiled WHERE tenant = ?)",
                (tenant, json.dumps(recipient_ids), tenant),
            ).fetchall()
        )
        return {recipient_id: profile_json.attributes(known) for recipient_id, known in rows}

    async def campaigns(self, tenant: str) -> Sequence[Campaign]:
        """See `Store`."""
        rows = await self._database.read(
            lambda tx: tx.execute(
                "SELECT record FROM campaigns WHERE tenant = ? ORDER BY campaign_id", (tenant,)
            ).fetchall()
        )
        return [campaign_records.load(record) for (record,) in rows]

    async def forecast(self, tenant: str, persona_set_id: str) -> ForecastTable | None:
        """See `Store`."""
        rows = await self._database.read(
            lambda tx: tx.execute(
                "SELECT simulation_id, record FROM forecasts"
                " WHERE tenant = ? AND persona_set_id = ? ORDER BY number",
                (tenant, persona_set_id),
            ).fetchall()
        )
        return forecast_records.newest(rows)

    async def standing(self, tenant: str) -> Standing | None:
        """See `Store`."""
        row = await self._database.read(
            lambda tx: tx.execute(
                "SELECT personas, snapshot, portraits, token FROM standings WHERE tenant = ?",
                (tenant,),
            ).fetchone()
        )
        return standing_records.load(*row) if row else None

    async def save(self, effect: Effect) -> None:
        """See `Store`."""
        personas, snapshot, portraits = standing_records.dump(effect.standing)
        tenant, snapshot_id = effect.standing.tenant, effect.standing.snapshot.snapshot_id

        def work(tx: Transaction) -> None:
            tx.execute(
                "INSERT OR REPLACE INTO standings VALUES (?, ?, ?, ?, ?, '')",
                (tenant, snapshot_id, personas, snapshot, portraits),
            )
            tx.executemany(
                "INSERT INTO persona_events (tenant, change, persona_id, persona_set_id, time,"
                " explanation) VALUES (?, ?, ?, ?, ?, ?)",
                [_event_row(tenant, event) for event in effect.events],
            )
            _remember(tx, effect)
            sqlite_items.forget_forecasts(tx, effect.standing)

        await self._database.write(work)

    async def published(self, standing: Standing, token: Token) -> None:
        """See `Store`."""
        text, tenant = token, standing.tenant

        def work(tx: Transaction) -> None:
            tx.execute(
                "UPDATE standings SET token = ? WHERE tenant = ? AND snapshot_id = ?",
                (text, tenant, standing.snapshot.snapshot_id),
            )
            tx.execute(
                "UPDATE answers SET token = ? WHERE tenant = ? AND token = ''", (text, tenant)
            )

        await self._database.write(work)

    async def answer(self, request: Request) -> tuple[Reclustered, Token] | None:
        """See `Store`."""
        row = await self._database.read(
            lambda tx: tx.execute(
                "SELECT digest, answer, token FROM answers"
                " WHERE tenant = ? AND method = ? AND request_id = ?",
                (request.tenant, request.method, request.request_id),
            ).fetchone()
        )
        if row is None:
            return None
        if row[0] != request.digest:
            raise reused()
        return Reclustered(*json.loads(row[1])), str(row[2])

    async def events(
        self, tenant: str, after: int, limit: int
    ) -> Sequence[tuple[int, PersonaEvent]]:
        """See `Store`."""
        rows = await self._database.read(
            lambda tx: tx.execute(
                "SELECT number, change, persona_id, persona_set_id, time, explanation"
                " FROM persona_events WHERE tenant = ? AND number > ? ORDER BY number LIMIT ?",
                (tenant, after, limit),
            ).fetchall()
        )
        return [(number, _event(*row)) for number, *row in rows]


def _population(tx: Transaction, tenant: str) -> Population:
    """All who may be profiled; both tables are walked along their primary keys."""
    denied = {
        recipient_id
        for (recipient_id,) in tx.execute(
            "SELECT recipient_id FROM unprofiled WHERE tenant = ?", (tenant,)
        )
    }
    people = tx.execute(
        "SELECT recipient_id, known FROM recipients WHERE tenant = ? ORDER BY recipient_id",
        (tenant,),
    ).fetchall()
    people = [(each, known) for each, known in people if each not in denied]
    place = {recipient_id: at for at, (recipient_id, _) in enumerate(people)}
    sent = tx.execute(
        "SELECT recipient_id, campaign_id, stages, amount_micros FROM exposures"
        " WHERE tenant = ? AND sent ORDER BY recipient_id, campaign_id",
        (tenant,),
    )
    rows = [(place[each], *rest) for each, *rest in sent if each in place]
    return assemble(tuple(place), [profile_json.attributes(known) for _, known in people], rows)


def _remember(tx: Transaction, effect: Effect) -> None:
    if effect.request and effect.answer:
        request, answer = effect.request, effect.answer
        held = [answer.persona_set_id, answer.persona_count, answer.recipient_count]
        tx.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?, '')",
            (request.tenant, request.method, request.request_id, request.digest, json.dumps(held)),
        )


def _event_row(tenant: str, event: PersonaEvent) -> tuple[object, ...]:
    time = event.time.timestamp()
    return (tenant, event.change, event.persona_id, event.persona_set_id, time, event.explanation)


def _event(
    change: int, persona_id: str, persona_set_id: str, time: float, explanation: str
) -> PersonaEvent:
    when = datetime.fromtimestamp(time, UTC)
    return PersonaEvent(Change(change), persona_id, persona_set_id, when, explanation)
