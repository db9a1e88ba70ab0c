"""The simulator's memory in the database of the service: one adapter for SQLite and PostgreSQL."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select

from dramatis.core.campaign import Campaign
from dramatis.core.lease import Lease
from dramatis.core.persona_set import PersonaSet
from dramatis.core.request import Request, reused
from dramatis.runtime import positions
from dramatis.runtime.database import Database, Transaction, open_database
from dramatis.runtime.home import Home, SqliteHome
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sql import upsert
from dramatis.simulator.adapters import database_jobs
from dramatis.simulator.adapters.changes import Change, NewSet
from dramatis.simulator.adapters.database_rows import keep_campaign, kept_campaign, to_job
from dramatis.simulator.adapters.tables import ANSWERS, CAMPAIGNS, INPUTS, JOBS, PERSONA_SETS
from dramatis.simulator.domain import job as jobs
from dramatis.simulator.domain.job import Inputs, Job, State
from dramatis.simulator.ports import MOST_SCORED, Forecast, Scored, Seal
from dramatis.wire.personas import from_persona_set, to_persona_set

GROUP: Final = "simulator"
MIGRATIONS: Final = Path(__file__).with_name("migrations")
MOST_SETS: Final = 32
"""Persona sets that are kept for each tenant."""
MOST: Final = 1_000_000
"""Forecasts of one simulation."""


class DatabaseStore:
    """A `Store` and `Learner`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    @asynccontextmanager
    async def open(cls, home: Home) -> AsyncIterator["DatabaseStore"]:
        """Opens the store, makes it if missing.

        A file belongs to one process: what was being worked on in it is nobody's any more.

        Raises:
            Unavailable: the database cannot be used; the message says what to do.
        """
        async with open_database(home, MIGRATIONS) as database:
            if isinstance(home, SqliteHome):
                await database.write(database_jobs.release_all)
            yield cls(database)

    async def applied(self) -> LogToken:
        """See `Learner`."""
        return await self._database.read(lambda tx: positions.load(tx, GROUP))

    async def learn(self, changes: Sequence[Change], position: LogToken) -> None:
        """See `Learner`."""

        def work(tx: Transaction) -> None:
            for change in changes:
                _learn(tx, change)
            positions.save(tx, GROUP, position)

        await self._database.write(work)

    async def personas(self, tenant: str, persona_set_id: str) -> PersonaSet | None:
        """See `Store`."""
        at = PERSONA_SETS.c
        mine = select(at.record).where(at.tenant == tenant)
        if persona_set_id:
            mine = mine.where(at.persona_set_id == persona_set_id)
        newest = mine.order_by(at.number.desc()).limit(1)
        record = await self._database.read(lambda tx: tx.scalar(newest))
        return None if record is None else to_persona_set(record)

    async def campaigns(self, tenant: str) -> Sequence[Campaign]:
        """See `Store`."""
        at = CAMPAIGNS.c
        mine = select(at.value).where(at.tenant == tenant).order_by(at.campaign_id)
        values = await self._database.read(lambda tx: tx.scalars(mine).all())
        return [kept_campaign(value) for value in values]

    async def answer(self, request: Request) -> bytes | None:
        """See `Store`."""
        return await self._database.read(lambda tx: _answer(tx, request))

    async def create(self, job: Job, inputs: Inputs, request: Request, seal: Seal) -> bytes:
        """See `Store`."""

        def work(tx: Transaction) -> bytes:
            if (earlier := _answer(tx, request)) is not None:
                return earlier
            database_jobs.add(tx, job, inputs)
            return _remember(tx, request, seal(job), job.create_time)

        return await self._database.write(work)

    async def cancel(
        self, tenant: str, simulation_id: str, now: datetime, request: Request, seal: Seal
    ) -> bytes | None:
        """See `Store`."""

        def work(tx: Transaction) -> bytes | None:
            if (earlier := _answer(tx, request)) is not None:
                return earlier
            if (old := database_jobs.find(tx, tenant, simulation_id)) is None:
                return None
            new = jobs.cancel(old, now)
            database_jobs.change(tx, old, new)
            return _remember(tx, request, seal(new), now)

        return await self._database.write(work)

    async def job(self, tenant: str, simulation_id: str) -> Job | None:
        """See `Store`."""
        return await self._database.read(lambda tx: database_jobs.find(tx, tenant, simulation_id))

    async def jobs(self, tenant: str, before: int, most: int) -> Sequence[tuple[int, Job]]:
        """See `Store`."""
        return await self._database.read(lambda tx: database_jobs.page(tx, tenant, before, most))

    async def next_job(self, lease: Lease) -> tuple[Job, Inputs] | None:
        """See `Store`."""
        return await self._database.write(lambda tx: database_jobs.take(tx, lease))

    async def renew(self, job: Job, lease: Lease) -> bool:
        """See `Store`."""
        return await self._database.write(lambda tx: database_jobs.renew(tx, job, lease))

    async def change(self, old: Job, new: Job) -> bool:
        """See `Store`."""
        return await self._database.write(lambda tx: database_jobs.change(tx, old, new))

    async def finish(self, old: Job, new: Job, forecasts: Sequence[Forecast]) -> bool:
        """See `Store`."""

        def work(tx: Transaction) -> bool:
            if not database_jobs.change(tx, old, new):
                return False
            database_jobs.keep(tx, new, forecasts)
            return True

        return await self._database.write(work)

    async def forecasts(
        self, tenant: str, simulation_id: str, after: tuple[str, str], most: int
    ) -> Sequence[Forecast]:
        """See `Store`."""
        return await self._database.read(
            lambda tx: database_jobs.forecasts(tx, tenant, simulation_id, after, most)
        )

    async def scored(self, tenant: str) -> Sequence[Scored]:
        """See `Store`."""
        return await self._database.read(lambda tx: _scored(tx, tenant))

    async def forget_answers(self, before: datetime) -> int:
        """See `Store`."""
        old = delete(ANSWERS).where(ANSWERS.c.answered_at < before)
        return await self._database.write(lambda tx: tx.execute(old).rowcount)

    async def forget_jobs(self, before: datetime) -> int:
        """See `Store`."""
        return await self._database.write(lambda tx: database_jobs.forget(tx, before))


def _learn(tx: Transaction, change: Change) -> None:
    if isinstance(change, NewSet):
        _add_set(tx, change.personas)
    elif change.campaign is None:
        at = CAMPAIGNS.c
        gone = (at.tenant == change.tenant, at.campaign_id == change.campaign_id)
        tx.execute(delete(CAMPAIGNS).where(*gone))
    else:
        value = keep_campaign(change.campaign)
        row = {"tenant": change.tenant, "campaign_id": change.campaign_id, "value": value}
        tx.execute(upsert(tx, CAMPAIGNS), row)


def _add_set(tx: Transaction, personas: PersonaSet) -> None:
    """Makes it the newest, also if it was known before, and drops the oldest."""
    at, set_id = PERSONA_SETS.c, personas.persona_set_id
    mine = at.tenant == personas.tenant
    tx.execute(delete(PERSONA_SETS).where(mine, at.persona_set_id == set_id))
    row = {"tenant": personas.tenant, "persona_set_id": set_id}
    tx.execute(PERSONA_SETS.insert(), row | {"record": from_persona_set(personas)})
    newest = select(at.number).where(mine).order_by(at.number.desc()).limit(MOST_SETS)
    tx.execute(delete(PERSONA_SETS).where(mine, at.number.not_in(newest.subquery().select())))


def _answer(tx: Transaction, request: Request) -> bytes | None:
    at = ANSWERS.c
    row = tx.execute(
        select(at.digest, at.body).where(
            at.tenant == request.tenant,
            at.method == request.method,
            at.request_id == request.request_id,
        )
    ).one_or_none()
    if row is None:
        return None
    if row.digest != request.digest:
        raise reused()
    return bytes(row.body)


def _remember(tx: Transaction, request: Request, body: bytes, now: datetime) -> bytes:
    row = {
        "tenant": request.tenant,
        "method": request.method,
        "request_id": request.request_id,
        "digest": request.digest,
        "body": body,
        "answered_at": now,
    }
    tx.execute(ANSWERS.insert(), row)
    return body


def _scored(tx: Transaction, tenant: str) -> Sequence[Scored]:
    at, sets = JOBS.c, PERSONA_SETS.c
    of_set = (sets.tenant == at.tenant) & (sets.persona_set_id == at.persona_set_id)
    rows = tx.execute(
        select(sets.record, INPUTS.c.personas, JOBS)
        .join_from(JOBS, INPUTS, INPUTS.c.number == at.number)
        .join(PERSONA_SETS, of_set)
        .where(at.tenant == tenant, at.state == int(State.SUCCEEDED))
        .order_by(at.number.desc())
        .limit(MOST_SCORED)
    ).all()
    found = []
    for row in rows:
        job = to_job(row)
        forecasts = database_jobs.forecasts(tx, tenant, job.simulation_id, ("", ""), MOST)
        before, now = to_persona_set(row.personas), to_persona_set(row.record)
        found.append(Scored(job, before, now, forecasts))
    return found
