"""Simulations in the database: statements within a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, delete, or_, select, tuple_, update

from dramatis.core.lease import Lease
from dramatis.core.request import reused
from dramatis.runtime.database import Transaction
from dramatis.runtime.sql import insert
from dramatis.simulator.adapters.database_rows import from_inputs, from_job, to_inputs, to_job
from dramatis.simulator.adapters.tables import FORECASTS, INPUTS, JOBS
from dramatis.simulator.domain.job import ENDED, Inputs, Job, State
from dramatis.simulator.ports import Forecast

WAITING: Final = (State.PENDING, State.RUNNING)
PORTION: Final = 20
"""Jobs that are dropped in one transaction: each has a forecast per persona and campaign."""


def add(tx: Transaction, job: Job, inputs: Inputs) -> None:
    """Queues a job.

    Raises:
        Invalid: the request made this job so long ago that its answer is no longer kept.
    """
    if find(tx, job.tenant, job.simulation_id) is not None:
        raise reused()
    number = tx.scalars(insert(tx, JOBS).returning(JOBS.c.number), [from_job(job)]).one()
    tx.execute(INPUTS.insert(), {"number": number} | from_inputs(inputs))


def find(tx: Transaction, tenant: str, simulation_id: str) -> Job | None:
    """One job."""
    mine = (JOBS.c.tenant == tenant, JOBS.c.simulation_id == simulation_id)
    row = tx.execute(select(JOBS).where(*mine)).one_or_none()
    return None if row is None else to_job(row)


def page(tx: Transaction, tenant: str, before: int, most: int) -> Sequence[tuple[int, Job]]:
    """The newest jobs whose number is below `before`, newest first."""
    mine = select(JOBS).where(JOBS.c.tenant == tenant, JOBS.c.number < before)
    rows = tx.execute(mine.order_by(JOBS.c.number.desc()).limit(most))
    return [(row.number, to_job(row)) for row in rows]


def take(tx: Transaction, lease: Lease) -> tuple[Job, Inputs] | None:
    """The oldest job that nobody else works on, from now on this worker's."""
    at = JOBS.c
    free = or_(at.worker.is_(None), at.worker == lease.worker, at.leased_until <= lease.now)
    oldest = select(JOBS).where(at.state.in_(WAITING), free).order_by(at.number).limit(1)
    row = tx.execute(oldest.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    mine = update(JOBS).where(at.number == row.number)
    tx.execute(mine.values(worker=lease.worker, leased_until=lease.until))
    kept = tx.execute(select(INPUTS).where(INPUTS.c.number == row.number)).one()
    return to_job(row), to_inputs(kept.personas, kept.campaigns)


def renew(tx: Transaction, job: Job, lease: Lease) -> bool:
    """Whether the job still is this worker's; if so, for longer."""
    mine = (
        JOBS.c.tenant == job.tenant,
        JOBS.c.simulation_id == job.simulation_id,
        JOBS.c.worker == lease.worker,
        JOBS.c.state.in_(WAITING),
    )
    return tx.execute(update(JOBS).where(*mine).values(leased_until=lease.until)).rowcount == 1


def release_all(tx: Transaction) -> None:
    """From now on nobody works on anything."""
    tx.execute(update(JOBS).where(JOBS.c.worker.is_not(None)).values(worker=None))


def change(tx: Transaction, old: Job, new: Job) -> bool:
    """Replaces a job if it still is in the state of `old`; returns whether it was."""
    at = JOBS.c
    guard = (
        at.tenant == old.tenant,
        at.simulation_id == old.simulation_id,
        at.state == int(old.state),
        at.attempts == old.attempts,
        at.publishing == int(old.publishing),
    )
    return tx.execute(update(JOBS).where(*guard).values(from_job(new))).rowcount == 1


def keep(tx: Transaction, job: Job, forecasts: Sequence[Forecast]) -> None:
    """Keeps the forecasts of a job, instead of those that it may have."""
    mine = (JOBS.c.tenant == job.tenant, JOBS.c.simulation_id == job.simulation_id)
    number = tx.scalars(select(JOBS.c.number).where(*mine)).one()
    tx.execute(delete(FORECASTS).where(FORECASTS.c.number == number))
    rows = [
        {
            "number": number,
            "persona_id": one.persona_id,
            "campaign_id": one.campaign_id,
            "record": one.record,
        }
        for one in forecasts
    ]
    if rows:
        tx.execute(FORECASTS.insert(), rows)


def forecasts(
    tx: Transaction, tenant: str, simulation_id: str, after: tuple[str, str], most: int
) -> Sequence[Forecast]:
    """The forecasts that follow (persona id, campaign id), in that order."""
    at = FORECASTS.c
    number = select(JOBS.c.number).where(
        JOBS.c.tenant == tenant, JOBS.c.simulation_id == simulation_id
    )
    found = (
        select(at.persona_id, at.campaign_id, at.record)
        .where(at.number == number.scalar_subquery())
        .where(tuple_(at.persona_id, at.campaign_id) > tuple_(*after))
        .order_by(at.persona_id, at.campaign_id)
        .limit(most)
    )
    return [Forecast(*row) for row in tx.execute(found)]


def forget(tx: Transaction, before: datetime) -> int:
    """Drops some jobs that ended before then, with all that is theirs, and returns how many."""
    ended = (JOBS.c.state.in_(ENDED), JOBS.c.end_time < before)
    numbers = tx.scalars(_oldest(*ended)).all()
    for table in (FORECASTS, INPUTS, JOBS):
        tx.execute(delete(table).where(table.c.number.in_(numbers)))
    return len(numbers)


def _oldest(*where: Any) -> Select[tuple[int]]:
    return select(JOBS.c.number).where(*where).order_by(JOBS.c.number).limit(PORTION)
