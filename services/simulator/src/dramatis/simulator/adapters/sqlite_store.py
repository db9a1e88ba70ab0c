"""The simulator's memory in a SQLite file."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from dramatis.core.campaign import Campaign
from dramatis.core.persona_set import PersonaSet
from dramatis.core.request import Request, reused
from dramatis.runtime import sqlite_positions as positions
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sqlite import Database, Transaction
from dramatis.simulator.adapters.changes import Change, NewSet
from dramatis.simulator.adapters.sqlite_rows import (
    from_inputs,
    from_job,
    keep_campaign,
    kept_campaign,
    to_inputs,
    to_job,
)
from dramatis.simulator.adapters.sqlite_schema import SCHEMA
from dramatis.simulator.domain import job as jobs
from dramatis.simulator.domain.job import Inputs, Job, State
from dramatis.simulator.ports import MOST_SCORED, Forecast, Scored, Seal
from dramatis.wire.personas import from_persona_set, to_persona_set

FILE_NAME: Final = "simulator.sqlite3"
GROUP: Final = "simulator"
MOST_SETS: Final = 32
"""Persona sets that are kept for each tenant."""


class SqliteStore:
    """A `Store` and `Learner` on a file of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path) -> AsyncIterator["SqliteStore"]:
        """Opens the store, makes it if missing.

        Raises:
            Unavailable: the file cannot be used; the message says what to do.
        """
        async with Database.open(path, [SCHEMA, positions.SCHEMA]) as database:
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
        record = await self._database.read(lambda tx: _set(tx, tenant, persona_set_id))
        return None if record is None else to_persona_set(record)

    async def campaigns(self, tenant: str) -> Sequence[Campaign]:
        """See `Store`."""
        sql = "SELECT value FROM campaigns WHERE tenant = ? ORDER BY campaign_id"
        rows = await self._database.read(lambda tx: tx.execute(sql, (tenant,)).fetchall())
        return [kept_campaign(value) for (value,) in rows]

    async def answer(self, request: Request) -> bytes | None:
        """See `Store`."""
        return await self._database.read(lambda tx: _answer(tx, request))

    async def create(self, job: Job, inputs: Inputs, request: Request, seal: Seal) -> bytes:
        """See `Store`."""

        def work(tx: Transaction) -> bytes:
            if (earlier := _answer(tx, request)) is not None:
                return earlier
            number = tx.execute(
                "INSERT INTO jobs VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                from_job(job),
            ).lastrowid
            tx.execute("INSERT INTO inputs VALUES (?, ?, ?)", (number, *from_inputs(inputs)))
            return _remember(tx, request, seal(job))

        return await self._database.write(work)

    async def cancel(
        self, tenant: str, simulation_id: str, now: datetime, request: Request, seal: Seal
    ) -> bytes | None:
        """See `Store`."""

        def work(tx: Transaction) -> bytes | None:
            if (earlier := _answer(tx, request)) is not None:
                return earlier
            if (old := _job(tx, tenant, simulation_id)) is None:
                return None
            new = jobs.cancel(old, now)
            _change(tx, old, new)
            return _remember(tx, request, seal(new))

        return await self._database.write(work)

    async def job(self, tenant: str, simulation_id: str) -> Job | None:
        """See `Store`."""
        return await self._database.read(lambda tx: _job(tx, tenant, simulation_id))

    async def jobs(self, tenant: str, before: int, most: int) -> Sequence[tuple[int, Job]]:
        """See `Store`."""
        sql = "SELECT * FROM jobs WHERE tenant = ? AND number < ? ORDER BY number DESC LIMIT ?"
        rows = await self._database.read(
            lambda tx: tx.execute(sql, (tenant, before, most)).fetchall()
        )
        return [(row[0], to_job(row[1:])) for row in rows]

    async def next_job(self) -> tuple[Job, Inputs] | None:
        """See `Store`."""
        sql = (
            "SELECT personas, campaigns, jobs.* FROM jobs JOIN inputs USING (number)"
            " WHERE state IN (?, ?) ORDER BY number LIMIT 1"
        )
        waiting = (State.PENDING, State.RUNNING)
        row = await self._database.read(lambda tx: tx.execute(sql, waiting).fetchone())
        return None if row is None else (to_job(row[3:]), to_inputs(row[0], row[1]))

    async def change(self, old: Job, new: Job) -> bool:
        """See `Store`."""
        return await self._database.write(lambda tx: _change(tx, old, new))

    async def finish(self, old: Job, new: Job, forecasts: Sequence[Forecast]) -> bool:
        """See `Store`."""

        def work(tx: Transaction) -> bool:
            if not _change(tx, old, new):
                return False
            number = _number(tx, new)
            tx.executemany(
                "INSERT OR REPLACE INTO forecasts VALUES (?, ?, ?, ?)",
                [(number, one.persona_id, one.campaign_id, one.record) for one in forecasts],
            )
            return True

        return await self._database.write(work)

    async def forecasts(
        self, tenant: str, simulation_id: str, after: tuple[str, str], most: int
    ) -> Sequence[Forecast]:
        """See `Store`."""
        return await self._database.read(
            lambda tx: _forecasts(tx, tenant, simulation_id, after, most)
        )

    async def scored(self, tenant: str) -> Sequence[Scored]:
        """See `Store`."""
        return await self._database.read(lambda tx: _scored(tx, tenant))


def _learn(tx: Transaction, change: Change) -> None:
    if isinstance(change, NewSet):
        personas = change.personas
        tx.execute(
            "INSERT OR REPLACE INTO persona_sets (tenant, persona_set_id, record) VALUES (?, ?, ?)",
            (personas.tenant, personas.persona_set_id, from_persona_set(personas)),
        )
        tx.execute(
            "DELETE FROM persona_sets WHERE tenant = ? AND number NOT IN (SELECT number"
            " FROM persona_sets WHERE tenant = ? ORDER BY number DESC LIMIT ?)",
            (personas.tenant, personas.tenant, MOST_SETS),
        )
    elif change.campaign is None:
        tx.execute(
            "DELETE FROM campaigns WHERE tenant = ? AND campaign_id = ?",
            (change.tenant, change.campaign_id),
        )
    else:
        tx.execute(
            "INSERT OR REPLACE INTO campaigns VALUES (?, ?, ?)",
            (change.tenant, change.campaign_id, keep_campaign(change.campaign)),
        )


def _set(tx: Transaction, tenant: str, persona_set_id: str) -> bytes | None:
    row = tx.execute(
        "SELECT record FROM persona_sets WHERE tenant = ? AND (persona_set_id = ? OR ? = '')"
        " ORDER BY number DESC LIMIT 1",
        (tenant, persona_set_id, persona_set_id),
    ).fetchone()
    return None if row is None else bytes(row[0])


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


def _remember(tx: Transaction, request: Request, body: bytes) -> bytes:
    tx.execute(
        "INSERT INTO answers VALUES (?, ?, ?, ?, ?)",
        (request.tenant, request.method, request.request_id, request.digest, body),
    )
    return body


def _job(tx: Transaction, tenant: str, simulation_id: str) -> Job | None:
    row = tx.execute(
        "SELECT * FROM jobs WHERE tenant = ? AND simulation_id = ?",
        (tenant, simulation_id),
    ).fetchone()
    return None if row is None else to_job(row[1:])


def _number(tx: Transaction, job: Job) -> int:
    row = tx.execute(
        "SELECT number FROM jobs WHERE tenant = ? AND simulation_id = ?",
        (job.tenant, job.simulation_id),
    ).fetchone()
    return int(row[0])


def _change(tx: Transaction, old: Job, new: Job) -> bool:
    guard = (old.tenant, old.simulation_id, int(old.state), old.attempts, old.publishing)
    changed = tx.execute(
        "UPDATE jobs SET tenant = ?, simulation_id = ?, persona_set_id = ?, spec = ?, state = ?,"
        " create_time = ?, end_time = ?, progress = ?, attempts = ?, publishing = ?, error = ?,"
        " engine_version = ?, device = ?, agent_steps = ?"
        " WHERE tenant = ? AND simulation_id = ? AND state = ? AND attempts = ?"
        " AND publishing = ?",
        (*from_job(new), *guard),
    )
    return changed.rowcount == 1


def _forecasts(
    tx: Transaction, tenant: str, simulation_id: str, after: tuple[str, str], most: int
) -> Sequence[Forecast]:
    rows = tx.execute(
        "SELECT persona_id, campaign_id, record FROM forecasts JOIN jobs USING (number)"
        " WHERE tenant = ? AND simulation_id = ? AND (persona_id, campaign_id) > (?, ?)"
        " ORDER BY persona_id, campaign_id LIMIT ?",
        (tenant, simulation_id, *after, most),
    )
    return [Forecast(*row) for row in rows]


def _scored(tx: Transaction, tenant: str) -> Sequence[Scored]:
    rows = tx.execute(
        "SELECT record, personas, jobs.* FROM jobs JOIN inputs USING (number)"
        " JOIN persona_sets USING (tenant, persona_set_id)"
        " WHERE jobs.tenant = ? AND state = ? ORDER BY jobs.number DESC LIMIT ?",
        (tenant, State.SUCCEEDED, MOST_SCORED),
    ).fetchall()
    found = []
    for row in rows:
        job = to_job(row[3:])
        forecasts = _forecasts(tx, tenant, job.simulation_id, ("", ""), 1_000_000)
        found.append(Scored(job, to_persona_set(row[1]), to_persona_set(row[0]), forecasts))
    return found
