"""A `Store` in the database of the service: the one adapter for SQLite and PostgreSQL."""

import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Row, delete, func, select, union, update

from dramatis.core.attributes import Attributes
from dramatis.core.campaign import Campaign
from dramatis.core.errors import NotFound
from dramatis.core.forecast import ForecastTable
from dramatis.core.request import Request, reused
from dramatis.persona import metrics
from dramatis.persona.adapters import (
    campaign_records,
    database_features,
    database_items,
    database_signals,
    forecast_records,
    profile_json,
    snapshot_parts,
    standing_records,
)
from dramatis.persona.adapters.database_naming import name_all
from dramatis.persona.adapters.database_population import population
from dramatis.persona.adapters.intake import Applied
from dramatis.persona.adapters.tables import (
    ANSWERS,
    CAMPAIGNS,
    FORECASTS,
    PERSONA_EVENTS,
    RECIPIENTS,
    STANDINGS,
    UNPROFILED,
)
from dramatis.persona.domain.features.state import FeatureState
from dramatis.persona.domain.persona_event import Change, PersonaEvent
from dramatis.persona.domain.population import Population
from dramatis.persona.domain.signals import Signal
from dramatis.persona.domain.standing import Standing, Written, in_writing
from dramatis.persona.ports import Effect, Erased, Item, Reclustered, Token
from dramatis.runtime import positions, seen_events
from dramatis.runtime.database import Database, Transaction, open_database
from dramatis.runtime.home import Home
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.scrub import scrubbing
from dramatis.runtime.sql import erase_bytes, upsert, values

NAME: Final = "persona"
GROUP: Final = "persona"
MIGRATIONS: Final = Path(__file__).with_name("migrations")


class DatabasePersonas:
    """See `Store`."""

    def __init__(
        self, database: Database, bulk: Database, names: Names, deleted: Callable[[], None]
    ) -> None:
        """Makes it of one database opened twice: who reads `bulk` for seconds holds up no call.

        Args:
            database: for all that is short.
            bulk: for what is not.
            names: what recipients are called where their ids must not be.
            deleted: called after recipients were deleted.
        """
        self._deleted = deleted
        self._database = database
        self._bulk = bulk
        self._names = names

    @classmethod
    @asynccontextmanager
    async def open(cls, home: Home, names: Names) -> AsyncIterator["DatabasePersonas"]:
        """Opens the store, makes it if missing.

        Args:
            home: where it lives.
            names: what recipients are called where their ids must not be.

        Raises:
            Unavailable: the database cannot be used; the message says what to do.
        """
        async with (
            open_database(home, MIGRATIONS) as database,
            open_database(home.for_bulk(), MIGRATIONS) as bulk,
            scrubbing(home) as deleted,
        ):
            await database.write(lambda tx: name_all(tx, names))
            yield cls(database, bulk, names, deleted)

    async def applied(self) -> LogToken:
        """See `Intake`."""
        return await self._database.read(lambda tx: positions.load(tx, GROUP))

    async def apply(self, items: Sequence[Item], position: LogToken, now: datetime) -> Applied:
        """See `Intake`."""

        def work(tx: Transaction) -> Applied:
            done = database_items.apply(tx, items, now, self._names)
            positions.save(tx, GROUP, position)
            return done

        done = await self._database.write(work)
        if any(isinstance(item, Erased) for item in items):
            self._deleted()
        return done

    async def tenants(self) -> frozenset[str]:
        """See `Store`."""
        named = union(*(select(each.c.tenant) for each in (RECIPIENTS, CAMPAIGNS, STANDINGS)))
        return frozenset(await self._database.read(lambda tx: tx.scalars(named).all()))

    async def population(self, tenant: str, now: datetime) -> Population:
        """See `Store`."""
        return await self._bulk.read(lambda tx: population(tx, tenant, now))

    async def attributes(
        self, tenant: str, recipient_ids: Sequence[str], now: datetime
    ) -> Mapping[str, Attributes]:
        """See `Store`."""
        wanted, at = values(recipient_ids), RECIPIENTS.c
        denied = select(UNPROFILED.c.pseudonym).where(UNPROFILED.c.pseudonym == at.pseudonym)
        statement = select(at.recipient_id, at.known).where(
            at.tenant == tenant,
            at.recipient_id.in_(select(wanted.c.value)),
            ~denied.exists(),
        )
        rows = await self._database.read(lambda tx: tx.execute(statement).all())
        seconds = now.timestamp()
        return {each: profile_json.attributes(known, seconds) for each, known in rows}

    async def features(
        self, tenant: str, recipient_ids: Sequence[str] | None = None
    ) -> Mapping[str, FeatureState]:
        """See `Store`."""
        if recipient_ids is None:
            return await self._bulk.read(lambda tx: database_features.of_all(tx, tenant))
        return await self._database.read(
            lambda tx: database_features.of(tx, tenant, recipient_ids, self._names)
        )

    async def unprofiled(self, tenant: str = "") -> int:
        """See `Store`."""
        statement = select(func.count()).select_from(UNPROFILED).where(UNPROFILED.c.erased == 0)
        if tenant:
            statement = statement.where(UNPROFILED.c.tenant == tenant)
        return await self._database.read(lambda tx: tx.scalar(statement) or 0)

    async def campaigns(self, tenant: str) -> Sequence[Campaign]:
        """See `Store`."""
        at = CAMPAIGNS.c
        statement = select(at.record).where(at.tenant == tenant).order_by(at.campaign_id)
        records = await self._database.read(lambda tx: tx.scalars(statement).all())
        return [campaign_records.load(record) for record in records]

    async def forecast(self, tenant: str, persona_set_id: str) -> ForecastTable | None:
        """See `Store`."""
        at = FORECASTS.c
        mine = (at.tenant == tenant, at.persona_set_id == persona_set_id)
        statement = select(at.simulation_id, at.record).where(*mine).order_by(at.number)
        rows = await self._database.read(lambda tx: tx.execute(statement).all())
        return forecast_records.newest([(simulation_id, record) for simulation_id, record in rows])

    async def signals(self, tenant: str) -> Sequence[Signal]:
        """See `Store`."""
        return await self._database.read(lambda tx: database_signals.signals(tx, tenant))

    async def standing(self, tenant: str) -> Standing | None:
        """See `Store`."""
        return await self._bulk.read(lambda tx: _standing(tx, tenant))

    async def body(self, tenant: str, snapshot_id: str) -> AsyncIterator[bytes]:
        """See `Store`."""
        for number in itertools.count():
            read = partial(
                snapshot_parts.part, tenant=tenant, snapshot_id=snapshot_id, number=number
            )
            part = await self._bulk.read(read)
            if part is None:
                break
            yield part
        if number == 0:
            raise NotFound("snapshot", snapshot_id)

    async def save(self, effect: Effect) -> None:
        """See `Store`."""
        personas, portraits = standing_records.dump(effect.standing)
        tenant, snapshot_id = effect.standing.tenant, effect.standing.snapshot.snapshot_id
        written = in_writing(effect.standing)
        standing = {
            "tenant": tenant,
            "snapshot_id": snapshot_id,
            "personas": personas,
            "snapshot": written.record,
            "portraits": portraits,
            "token": "",
        }

        def work(tx: Transaction) -> None:
            tx.execute(upsert(tx, STANDINGS), standing)
            if written.body:
                snapshot_parts.put(tx, tenant, snapshot_id, written.body)
            if effect.events:
                tx.execute(PERSONA_EVENTS.insert(), _event_rows(effect))
            if effect.request and effect.answer:
                tx.execute(ANSWERS.insert(), _answer_row(effect.request, effect.answer, effect))
            database_items.forget_forecasts(tx, effect.standing)

        await self._database.write(work)
        _count(effect)

    async def published(self, standing: Standing, token: Token) -> None:
        """See `Store`."""
        tenant, snapshot_id = standing.tenant, standing.snapshot.snapshot_id
        mine = (STANDINGS.c.tenant == tenant, STANDINGS.c.snapshot_id == snapshot_id)
        waiting = (ANSWERS.c.tenant == tenant, ANSWERS.c.token == "")

        def work(tx: Transaction) -> None:
            tx.execute(update(STANDINGS).where(*mine).values(token=token))
            tx.execute(update(ANSWERS).where(*waiting).values(token=token))

        await self._database.write(work)

    async def answer(self, request: Request) -> tuple[Reclustered, Token] | None:
        """See `Store`."""
        at = ANSWERS.c
        statement = select(at.digest, at.answer, at.token).where(
            at.tenant == request.tenant,
            at.method == request.method,
            at.request_id == request.request_id,
        )
        row = await self._database.read(lambda tx: tx.execute(statement).one_or_none())
        if row is None:
            return None
        if row.digest != request.digest:
            raise reused()
        return Reclustered(*json.loads(row.answer)), row.token

    async def forget(self, erased: Sequence[Erased]) -> None:
        """See `Store`."""
        if await self._database.write(lambda tx: database_items.forget(tx, erased)):
            self._deleted()

    async def redraw(self, standing: Standing) -> None:
        """See `Store`."""
        _, portraits = standing_records.dump(standing)
        at = STANDINGS.c
        mine = (at.tenant == standing.tenant, at.snapshot_id == standing.snapshot.snapshot_id)
        statement = update(STANDINGS).where(*mine).values(portraits=portraits)

        def work(tx: Transaction) -> None:
            erase_bytes(tx)
            tx.execute(statement)

        await self._database.write(work)
        self._deleted()

    async def events(
        self, tenant: str, after: int, limit: int
    ) -> Sequence[tuple[int, PersonaEvent]]:
        """See `Store`."""
        at = PERSONA_EVENTS.c
        mine = select(PERSONA_EVENTS).where(at.tenant == tenant, at.number > after)
        statement = mine.order_by(at.number).limit(limit)
        rows = await self._database.read(lambda tx: tx.execute(statement).all())
        return [(row.number, _event(row)) for row in rows]

    async def forget_events(self, before: datetime) -> int:
        """See `Store`."""
        return await self._database.write(lambda tx: seen_events.forget(tx, before))

    async def forget_ended(self, before: datetime) -> int:
        """See `Store`."""
        seconds = before.timestamp()
        return await self._database.write(lambda tx: database_items.forget_ended(tx, seconds))

    async def forget_signals(self, before: datetime) -> int:
        """See `Store`."""
        return await self._database.write(lambda tx: database_signals.forget(tx, before))

    async def forget_answers(self, before: datetime) -> int:
        """See `Store`."""
        old = delete(ANSWERS).where(ANSWERS.c.answered_at < before)
        return await self._database.write(lambda tx: tx.execute(old).rowcount)


def _count(effect: Effect) -> None:
    for event in effect.events:
        metrics.CHANGES.labels(event.change.name.lower()).inc()
    if effect.cause:
        metrics.FORMINGS.labels(effect.cause.value).inc()


def _standing(tx: Transaction, tenant: str) -> Standing | None:
    at = STANDINGS.c
    mine = select(at.snapshot_id, at.personas, at.snapshot, at.portraits, at.token)
    row = tx.execute(mine.where(at.tenant == tenant)).one_or_none()
    if row is None:
        return None
    written = Written(row.snapshot, snapshot_parts.whole(tx, tenant, row.snapshot_id))
    return standing_records.load(row.personas, written, row.portraits, row.token)


def _answer_row(request: Request, answer: Reclustered, effect: Effect) -> dict[str, Any]:
    return {
        "tenant": request.tenant,
        "method": request.method,
        "request_id": request.request_id,
        "digest": request.digest,
        "answer": json.dumps([answer.persona_set_id, answer.persona_count, answer.recipient_count]),
        "token": "",
        "answered_at": effect.standing.snapshot.create_time,
    }


def _event_rows(effect: Effect) -> Sequence[dict[str, Any]]:
    return [
        {
            "tenant": effect.standing.tenant,
            "change": int(event.change),
            "persona_id": event.whose,
            "before_ids": json.dumps(event.before),
            "after_ids": json.dumps(event.after),
            "persona_set_id": event.persona_set_id,
            "time": event.time,
            "explanation": event.explanation,
        }
        for event in effect.events
    ]


def _event(row: Row[Any]) -> PersonaEvent:
    before, after = (tuple(json.loads(ids)) for ids in (row.before_ids, row.after_ids))
    return PersonaEvent(
        Change(row.change), before, after, row.persona_set_id, row.time, row.explanation
    )
