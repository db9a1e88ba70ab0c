"""Optimizations in SQLite: a queue that survives the process."""

import json
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from dramatis.api.common.v1 import campaign_pb2
from dramatis.core.errors import NotFound
from dramatis.core.plan_record import PlanRecord
from dramatis.core.request import Request
from dramatis.optimizer.adapters import sqlite_plans, sqlite_requests
from dramatis.optimizer.domain.job import (
    Failure,
    Inputs,
    JobState,
    Optimization,
    Point,
    Spec,
)
from dramatis.runtime.sqlite import Database, Transaction
from dramatis.wire.campaigns import from_campaign, to_campaign
from dramatis.wire.personas import from_persona_set, to_persona_set

SCHEMA = """
CREATE TABLE optimizations (
    number INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    optimization_id TEXT NOT NULL,
    state INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (tenant, optimization_id)
);
CREATE INDEX optimizations_open ON optimizations (number) WHERE state < 3;
CREATE TABLE optimization_personas (
    number INTEGER PRIMARY KEY REFERENCES optimizations,
    record BLOB NOT NULL
);
CREATE TABLE optimization_campaigns (
    number INTEGER NOT NULL REFERENCES optimizations,
    place INTEGER NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (number, place)
) WITHOUT ROWID;
"""


class SqliteJobs:
    """A `Jobs` on a database that has the schemas of jobs, plans and requests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, request: Request, job: Optimization, inputs: Inputs) -> Optimization:
        """See `Jobs`."""

        def work(tx: Transaction) -> Optimization:
            if before := sqlite_requests.find(tx, request):
                return _get(tx, job.tenant, before)[1].as_created()
            sqlite_requests.keep(tx, request, job.optimization_id)
            _insert(tx, job, inputs)
            return job

        return await self._database.write(work)

    async def created(self, request: Request) -> Optimization | None:
        """See `Jobs`."""

        def work(tx: Transaction) -> Optimization | None:
            before = sqlite_requests.find(tx, request)
            return _get(tx, request.tenant, before)[1].as_created() if before else None

        return await self._database.read(work)

    async def get(self, tenant: str, optimization_id: str) -> Optimization:
        """See `Jobs`."""
        return (await self._database.read(lambda tx: _get(tx, tenant, optimization_id)))[1]

    async def cancel(self, request: Request, optimization_id: str, now: datetime) -> Optimization:
        """See `Jobs`."""

        def work(tx: Transaction) -> Optimization:
            number, job = _get(tx, request.tenant, optimization_id)
            if sqlite_requests.find(tx, request) is None:
                sqlite_requests.keep(tx, request, optimization_id)
            if job.state is JobState.PENDING:
                job = replace(job, state=JobState.CANCELLED, end_time=now)
                _clear(tx, number)
            elif job.state is JobState.RUNNING:
                job = replace(job, stopping=True)
            _update(tx, number, job)
            return job

        return await self._database.write(work)

    async def take(self) -> tuple[Optimization, Inputs] | None:
        """See `Jobs`."""

        def work(tx: Transaction) -> tuple[Optimization, Inputs] | None:
            row = tx.execute(
                "SELECT number, body FROM optimizations WHERE state < 3 ORDER BY number LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            job = _read(row[1]).taken()
            _update(tx, row[0], job)
            return job, _inputs(tx, row[0])

        return await self._database.write(work)

    async def note(self, job: Optimization) -> None:
        """See `Jobs`."""

        def work(tx: Transaction) -> None:
            number, kept = _get(tx, job.tenant, job.optimization_id)
            _update(tx, number, replace(job, stopping=kept.stopping))

        await self._database.write(work)

    async def end(self, job: Optimization, plan: PlanRecord | None) -> None:
        """See `Jobs`."""

        def work(tx: Transaction) -> None:
            number, _ = _get(tx, job.tenant, job.optimization_id)
            _update(tx, number, job)
            _clear(tx, number)
            if plan:
                sqlite_plans.insert(tx, plan)

        await self._database.write(work)


def _insert(tx: Transaction, job: Optimization, inputs: Inputs) -> None:
    number = tx.execute(
        "INSERT INTO optimizations (tenant, optimization_id, state, body) VALUES (?, ?, ?, ?)",
        (job.tenant, job.optimization_id, job.state, _write(job)),
    ).lastrowid
    tx.execute(
        "INSERT INTO optimization_personas VALUES (?, ?)",
        (number, from_persona_set(inputs.personas)),
    )
    tx.executemany(
        "INSERT INTO optimization_campaigns VALUES (?, ?, ?)",
        [
            (number, place, from_campaign(one).SerializeToString(deterministic=True))
            for place, one in enumerate(inputs.campaigns)
        ],
    )


def _inputs(tx: Transaction, number: int) -> Inputs:
    [personas] = tx.execute(
        "SELECT record FROM optimization_personas WHERE number = ?", (number,)
    ).fetchone()
    rows = tx.execute(
        "SELECT record FROM optimization_campaigns WHERE number = ? ORDER BY place", (number,)
    )
    campaigns = (to_campaign(campaign_pb2.Campaign.FromString(record)) for (record,) in rows)
    return Inputs(to_persona_set(personas), tuple(campaigns))


def _clear(tx: Transaction, number: int) -> None:
    """Drops the inputs of a job that needs them no more."""
    tx.execute("DELETE FROM optimization_personas WHERE number = ?", (number,))
    tx.execute("DELETE FROM optimization_campaigns WHERE number = ?", (number,))


def _get(tx: Transaction, tenant: str, optimization_id: str) -> tuple[int, Optimization]:
    row = tx.execute(
        "SELECT number, body FROM optimizations WHERE tenant = ? AND optimization_id = ?",
        (tenant, optimization_id),
    ).fetchone()
    if row is None:
        raise NotFound("optimization", optimization_id)
    return row[0], _read(row[1])


def _update(tx: Transaction, number: int, job: Optimization) -> None:
    tx.execute(
        "UPDATE optimizations SET state = ?, body = ? WHERE number = ?",
        (job.state, _write(job), number),
    )


def _write(job: Optimization) -> str:
    return json.dumps(asdict(job), default=datetime.isoformat)


def _read(body: str) -> Optimization:
    held: dict[str, Any] = json.loads(body)
    held["spec"]["campaign_ids"] = tuple(held["spec"]["campaign_ids"])
    return Optimization(
        **held
        | {
            "spec": Spec(**held["spec"]),
            "state": JobState(held["state"]),
            "create_time": datetime.fromisoformat(held["create_time"]),
            "end_time": datetime.fromisoformat(held["end_time"]) if held["end_time"] else None,
            "curve": tuple(Point(**point) for point in held["curve"]),
            "failure": Failure(**held["failure"]) if held["failure"] else None,
        }
    )
