"""Bodies of snapshots in the database: in parts, so that nobody has to hold a whole one."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, func, select

from dramatis.persona.adapters.tables import SNAPSHOT_PARTS
from dramatis.persona.ports import BODIES, PART_BYTES
from dramatis.runtime.database import Transaction

_AT = SNAPSHOT_PARTS.c


def put(tx: Transaction, tenant: str, snapshot_id: str, body: bytes) -> None:
    """Keeps the body as the tenant's newest, and of those before it only the last few."""
    mine = _AT.tenant == tenant
    last = tx.scalar(select(func.max(_AT.number)).where(mine)) or 0
    tx.execute(delete(SNAPSHOT_PARTS).where(mine, _AT.snapshot_id == snapshot_id))
    tx.execute(SNAPSHOT_PARTS.insert(), list(_rows(tenant, snapshot_id, last + 1, body)))
    numbers = select(_AT.number).where(mine).distinct().order_by(_AT.number.desc())
    kept = tx.scalars(numbers.limit(BODIES)).all()
    tx.execute(delete(SNAPSHOT_PARTS).where(mine, _AT.number < min(kept)))


def _rows(tenant: str, snapshot_id: str, number: int, body: bytes) -> Iterator[dict[str, Any]]:
    for part, start in enumerate(range(0, len(body), PART_BYTES)):
        yield {
            "tenant": tenant,
            "snapshot_id": snapshot_id,
            "part": part,
            "number": number,
            "body": body[start : start + PART_BYTES],
        }


def part(tx: Transaction, tenant: str, snapshot_id: str, number: int) -> bytes | None:
    """One part of a body, counted from 0; None behind the last."""
    which = (_AT.tenant == tenant, _AT.snapshot_id == snapshot_id, _AT.part == number)
    return tx.scalar(select(_AT.body).where(*which))


def whole(tx: Transaction, tenant: str, snapshot_id: str) -> bytes:
    """A body; empty where it is not kept."""
    which = (_AT.tenant == tenant, _AT.snapshot_id == snapshot_id)
    return b"".join(tx.scalars(select(_AT.body).where(*which).order_by(_AT.part)))
