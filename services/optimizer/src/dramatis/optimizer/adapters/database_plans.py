"""Plans in the database, and the whole history of which was followed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from dramatis.core.errors import NotFound
from dramatis.core.plan_record import PlanRecord
from dramatis.core.request import Request
from dramatis.optimizer.adapters import database_requests
from dramatis.optimizer.adapters.tables import MOVES, PLANS
from dramatis.optimizer.domain import history
from dramatis.optimizer.domain.history import Kind, Move
from dramatis.optimizer.ports import Decide
from dramatis.runtime.database import Database, Transaction
from dramatis.runtime.sql import insert as insert_into
from dramatis.wire.plans import from_plan_record, to_plan_record


class DatabasePlans:
    """A `Plans` on a database that has the tables of plans and requests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, tenant: str, plan_id: str) -> PlanRecord:
        """See `Plans`."""

        def work(tx: Transaction) -> PlanRecord:
            plan = find(tx, tenant, plan_id)
            if plan is None:
                raise NotFound("plan", plan_id)
            state = history.state(_moves(tx, MOVES.c.tenant == tenant), plan_id)
            return replace(plan, state=state)

        return await self._database.read(work)

    async def moved(self, request: Request) -> Move | None:
        """See `Plans`."""

        def work(tx: Transaction) -> Move | None:
            number = database_requests.find(tx, request)
            return _move(tx, int(number)) if number else None

        return await self._database.read(work)

    async def move(self, request: Request, plan_id: str, now: datetime, decide: Decide) -> Move:
        """See `Plans`."""

        def work(tx: Transaction) -> Move:
            if before := database_requests.find(tx, request):
                return _move(tx, int(before))
            moves = _moves(tx, MOVES.c.tenant == request.tenant)
            follows, kind = decide(history.followed(moves), plan_id), Kind(request.method)
            row = {
                "tenant": request.tenant,
                "kind": kind.value,
                "plan_id": plan_id,
                "follows": follows,
                "time": now,
            }
            number = tx.scalars(insert_into(tx, MOVES).returning(MOVES.c.number), [row]).one()
            database_requests.keep(tx, request, str(number), now)
            return Move(number, request.tenant, kind, plan_id, follows, now)

        return await self._database.write(work)

    async def unpublished(self) -> Sequence[Move]:
        """See `Plans`."""
        return await self._database.read(lambda tx: _moves(tx, MOVES.c.log_token == ""))

    async def published(self, move: Move, log_token: str) -> Move | None:
        """See `Plans`."""
        at = MOVES.c
        mine = update(MOVES).where(at.number == move.number)
        newest = select(func.max(at.number)).where(
            at.tenant == move.tenant, at.log_token != "", at.number > move.number
        )

        def work(tx: Transaction) -> Move | None:
            tx.execute(mine.values(log_token=log_token))
            newer = tx.scalar(newest)
            return _move(tx, newer) if newer else None

        return await self._database.write(work)


def find(tx: Transaction, tenant: str, plan_id: str) -> PlanRecord | None:
    """A plan as it was made."""
    mine = (PLANS.c.tenant == tenant, PLANS.c.plan_id == plan_id)
    record = tx.scalar(select(PLANS.c.record).where(*mine))
    return None if record is None else to_plan_record(record)


def insert(tx: Transaction, plan: PlanRecord) -> None:
    """Adds a plan."""
    record = from_plan_record(plan)
    tx.execute(PLANS.insert(), {"tenant": plan.tenant, "plan_id": plan.plan_id, "record": record})


def drop_unused(tx: Transaction, tenant: str, plan_id: str) -> None:
    """Drops a plan, unless it was ever promoted."""
    at = MOVES.c
    named = select(at.number).where(
        at.tenant == tenant, or_(at.plan_id == plan_id, at.follows == plan_id)
    )
    mine = and_(PLANS.c.tenant == tenant, PLANS.c.plan_id == plan_id)
    tx.execute(delete(PLANS).where(mine, ~named.exists()))


def _move(tx: Transaction, number: int) -> Move:
    [move] = _moves(tx, MOVES.c.number == number)
    return move


def _moves(tx: Transaction, where: ColumnElement[bool]) -> Sequence[Move]:
    rows = tx.execute(select(MOVES).where(where).order_by(MOVES.c.number))
    return [_read(row) for row in rows]


def _read(row: Any) -> Move:
    return Move(
        row.number, row.tenant, Kind(row.kind), row.plan_id, row.follows, row.time, row.log_token
    )
