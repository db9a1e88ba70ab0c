"""Optimizations in the database: a queue that survives its processes, and that they share."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, or_, select, update

from dramatis.api.common.v1 import campaign_pb2
from dramatis.core.errors import NotFound
from dramatis.core.lease import Lease
from dramatis.core.plan_record import PlanRecord
from dramatis.core.request import Request, reused
from dramatis.optimizer.adapters import database_plans, database_requests
from dramatis.optimizer.adapters.tables import OF_CAMPAIGNS, OPTIMIZATIONS, PERSONAS
from dramatis.optimizer.domain.job import (
    Failure,
    Inputs,
    JobState,
    Optimization,
    Point,
    Spec,
)
from dramatis.runtime.database import Database, Transaction
from dramatis.runtime.sql import insert
from dramatis.wire.campaigns import from_campaign, to_campaign
from dramatis.wire.personas import from_persona_set, to_persona_set

OPEN: Final = OPTIMIZATIONS.c.state < JobState.SUCCEEDED.value
PORTION: Final = 100
"""Jobs that are dropped in one transaction."""


class DatabaseJobs:
    """A `Jobs` on a database that has the tables of jobs, plans and requests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, request: Request, job: Optimization, inputs: Inputs) -> Optimization:
        """See `Jobs`."""

        def work(tx: Transaction) -> Optimization:
            if before := database_requests.find(tx, request):
                return _get(tx, job.tenant, before)[1].as_created()
            database_requests.keep(tx, request, job.optimization_id, job.create_time)
            _insert(tx, job, inputs)
            return job

        return await self._database.write(work)

    async def created(self, request: Request) -> Optimization | None:
        """See `Jobs`."""

        def work(tx: Transaction) -> Optimization | None:
            before = database_requests.find(tx, request)
            return _get(tx, request.tenant, before)[1].as_created() if before else None

        return await self._database.read(work)

    async def get(self, tenant: str, optimization_id: str) -> Optimization:
        """See `Jobs`."""
        return (await self._database.read(lambda tx: _get(tx, tenant, optimization_id)))[1]

    async def cancel(self, request: Request, optimization_id: str, now: datetime) -> Optimization:
        """See `Jobs`."""

        def work(tx: Transaction) -> Optimization:
            number, job = _get(tx, request.tenant, optimization_id)
            if database_requests.find(tx, request) is None:
                database_requests.keep(tx, request, optimization_id, now)
            if job.state is JobState.PENDING:
                job = replace(job, state=JobState.CANCELLED, end_time=now)
                _clear(tx, [number])
            elif job.state is JobState.RUNNING:
                job = replace(job, stopping=True)
            _update(tx, number, job)
            return job

        return await self._database.write(work)

    async def take(self, lease: Lease) -> tuple[Optimization, Inputs] | None:
        """See `Jobs`."""

        def work(tx: Transaction) -> tuple[Optimization, Inputs] | None:
            at = OPTIMIZATIONS.c
            free = or_(at.worker.is_(None), at.worker == lease.worker, at.leased_until <= lease.now)
            oldest = select(at.number, at.body).where(OPEN, free).order_by(at.number).limit(1)
            row = tx.execute(oldest.with_for_update(skip_locked=True)).one_or_none()
            if row is None:
                return None
            job = _read(row.body).taken()
            _update(tx, row.number, job, worker=lease.worker, leased_until=lease.until)
            return job, _inputs(tx, row.number)

        return await self._database.write(work)

    async def renew(self, job: Optimization, lease: Lease) -> bool:
        """See `Jobs`."""

        def work(tx: Transaction) -> bool:
            number, kept = _get(tx, job.tenant, job.optimization_id)
            mine = update(OPTIMIZATIONS).where(
                OPEN, OPTIMIZATIONS.c.number == number, OPTIMIZATIONS.c.worker == lease.worker
            )
            held = tx.execute(mine.values(leased_until=lease.until)).rowcount == 1
            return held and not kept.stopping

        return await self._database.write(work)

    async def note(self, job: Optimization) -> None:
        """See `Jobs`."""

        def work(tx: Transaction) -> None:
            number, kept = _get(tx, job.tenant, job.optimization_id)
            if kept.followed_by(job):
                _update(tx, number, replace(job, stopping=kept.stopping))

        await self._database.write(work)

    async def end(self, job: Optimization, plan: PlanRecord | None) -> None:
        """See `Jobs`."""

        def work(tx: Transaction) -> None:
            number, kept = _get(tx, job.tenant, job.optimization_id)
            if kept.followed_by(job):
                _update(tx, number, job)
                _clear(tx, [number])
                if plan:
                    database_plans.insert(tx, plan)

        await self._database.write(work)

    async def forget(self, before: datetime) -> int:
        """See `Jobs`."""

        def work(tx: Transaction) -> int:
            at = OPTIMIZATIONS.c
            old = select(at.number, at.tenant, at.body).where(at.ended_at < before)
            rows = tx.execute(old.order_by(at.number).limit(PORTION)).all()
            numbers = [row.number for row in rows]
            _clear(tx, numbers)
            tx.execute(delete(OPTIMIZATIONS).where(at.number.in_(numbers)))
            for row in rows:
                database_plans.drop_unused(tx, row.tenant, _read(row.body).plan_id)
            return len(rows)

        return await self._database.write(work)


def release_all(tx: Transaction) -> None:
    """From now on nobody works on anything."""
    tx.execute(update(OPTIMIZATIONS).where(OPTIMIZATIONS.c.worker.is_not(None)).values(worker=None))


def _insert(tx: Transaction, job: Optimization, inputs: Inputs) -> None:
    """Queues a job.

    Raises:
        Invalid: the request made this job so long ago that it is no longer known.
    """
    known = _find(tx, job.tenant, job.optimization_id) is not None
    if known or database_plans.find(tx, job.tenant, job.own_plan_id) is not None:
        raise reused()
    names = {"tenant": job.tenant, "optimization_id": job.optimization_id}
    added = insert(tx, OPTIMIZATIONS).returning(OPTIMIZATIONS.c.number)
    number = tx.scalars(added, [names | _row(job)]).one()
    tx.execute(PERSONAS.insert(), {"number": number, "record": from_persona_set(inputs.personas)})
    campaigns = [
        {
            "number": number,
            "place": place,
            "record": from_campaign(one).SerializeToString(deterministic=True),
        }
        for place, one in enumerate(inputs.campaigns)
    ]
    if campaigns:
        tx.execute(OF_CAMPAIGNS.insert(), campaigns)


def _inputs(tx: Transaction, number: int) -> Inputs:
    personas = tx.scalars(select(PERSONAS.c.record).where(PERSONAS.c.number == number)).one()
    at = OF_CAMPAIGNS.c
    records = tx.scalars(select(at.record).where(at.number == number).order_by(at.place))
    campaigns = (to_campaign(campaign_pb2.Campaign.FromString(record)) for record in records)
    return Inputs(to_persona_set(personas), tuple(campaigns))


def _clear(tx: Transaction, numbers: Sequence[int]) -> None:
    """Drops the inputs of jobs that need them no more."""
    for table in (PERSONAS, OF_CAMPAIGNS):
        tx.execute(delete(table).where(table.c.number.in_(numbers)))


def _find(tx: Transaction, tenant: str, optimization_id: str) -> tuple[int, Optimization] | None:
    at = OPTIMIZATIONS.c
    mine = select(at.number, at.body).where(
        at.tenant == tenant, at.optimization_id == optimization_id
    )
    row = tx.execute(mine).one_or_none()
    return None if row is None else (row.number, _read(row.body))


def _get(tx: Transaction, tenant: str, optimization_id: str) -> tuple[int, Optimization]:
    found = _find(tx, tenant, optimization_id)
    if found is None:
        raise NotFound("optimization", optimization_id)
    return found


def _update(tx: Transaction, number: int, job: Optimization, **others: object) -> None:
    mine = update(OPTIMIZATIONS).where(OPTIMIZATIONS.c.number == number)
    tx.execute(mine.values(_row(job) | others))


def _row(job: Optimization) -> dict[str, Any]:
    body = json.dumps(asdict(job), default=datetime.isoformat)
    return {"state": job.state.value, "body": body, "ended_at": job.end_time}


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
