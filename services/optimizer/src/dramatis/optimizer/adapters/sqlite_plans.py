"""Plans in SQLite, and the whole history of which was followed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dramatis.core.errors import NotFound
from dramatis.core.plan_record import PlanRecord
from dramatis.core.request import Request
from dramatis.optimizer.adapters import sqlite_requests
from dramatis.optimizer.domain import history
from dramatis.optimizer.domain.history import Kind, Move
from dramatis.optimizer.ports import Decide
from dramatis.runtime.sqlite import Database, Transaction
from dramatis.wire.plans import from_plan_record, to_plan_record

SCHEMA = """
CREATE TABLE plans (
    tenant TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    record BLOB NOT NULL,
    PRIMARY KEY (tenant, plan_id)
);
CREATE TABLE moves (
    number INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    kind TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    follows TEXT NOT NULL,
    time TEXT NOT NULL,
    log_token TEXT NOT NULL DEFAULT ''
);
CREATE INDEX moves_by_tenant ON moves (tenant, number);
CREATE INDEX moves_to_publish ON moves (number) WHERE log_token = '';
"""


class SqlitePlans:
    """A `Plans` on a database that has the schemas of plans and requests."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, tenant: str, plan_id: str) -> PlanRecord:
        """See `Plans`."""

        def work(tx: Transaction) -> PlanRecord:
            row = tx.execute(
                "SELECT record FROM plans WHERE tenant = ? AND plan_id = ?", (tenant, plan_id)
            ).fetchone()
            if row is None:
                raise NotFound("plan", plan_id)
            state = history.state(_moves(tx, tenant), plan_id)
            return replace(to_plan_record(row[0]), state=state)

        return await self._database.read(work)

    async def moved(self, request: Request) -> Move | None:
        """See `Plans`."""

        def work(tx: Transaction) -> Move | None:
            number = sqlite_requests.find(tx, request)
            return _move(tx, int(number)) if number else None

        return await self._database.read(work)

    async def move(self, request: Request, plan_id: str, now: datetime, decide: Decide) -> Move:
        """See `Plans`."""

        def work(tx: Transaction) -> Move:
            if before := sqlite_requests.find(tx, request):
                return _move(tx, int(before))
            follows = decide(history.followed(_moves(tx, request.tenant)), plan_id)
            kind = Kind(request.method)
            number = tx.execute(
                "INSERT INTO moves (tenant, kind, plan_id, follows, time) VALUES (?, ?, ?, ?, ?)",
                (request.tenant, kind, plan_id, follows, now.isoformat()),
            ).lastrowid
            sqlite_requests.keep(tx, request, str(number))
            return Move(number or 0, request.tenant, kind, plan_id, follows, now)

        return await self._database.write(work)

    async def unpublished(self) -> Sequence[Move]:
        """See `Plans`."""
        return await self._database.read(
            lambda tx: _select(tx, "WHERE log_token = '' ORDER BY number", ())
        )

    async def published(self, move: Move, log_token: str) -> None:
        """See `Plans`."""
        await self._database.write(
            lambda tx: tx.execute(
                "UPDATE moves SET log_token = ? WHERE number = ?", (log_token, move.number)
            )
        )


def insert(tx: Transaction, plan: PlanRecord) -> None:
    """Adds a plan."""
    tx.execute(
        "INSERT INTO plans VALUES (?, ?, ?)", (plan.tenant, plan.plan_id, from_plan_record(plan))
    )


def _moves(tx: Transaction, tenant: str) -> Sequence[Move]:
    return _select(tx, "WHERE tenant = ? ORDER BY number", (tenant,))


def _move(tx: Transaction, number: int) -> Move:
    [move] = _select(tx, "WHERE number = ?", (number,))
    return move


def _select(tx: Transaction, where: str, values: Sequence[object]) -> Sequence[Move]:
    rows = tx.execute(
        f"SELECT number, tenant, kind, plan_id, follows, time, log_token FROM moves {where}",  # noqa: S608
        tuple(values),
    )
    return [
        Move(number, tenant, Kind(kind), plan_id, follows, datetime.fromisoformat(time), token)
        for number, tenant, kind, plan_id, follows, time, token in rows
    ]
