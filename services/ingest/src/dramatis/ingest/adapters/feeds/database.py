"""What connectors remember, in ingest's database."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, or_, select, update

from dramatis.ingest.adapters.tables import CONNECTORS, NOTED
from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.feeds.leases import lost
from dramatis.ingest.domain.feeds.world_signal import SignalKind
from dramatis.ingest.ports import Noted, Progress
from dramatis.runtime.database import Database, Transaction
from dramatis.runtime.sql import insert, values


class DatabaseCursors:
    """`Cursors` on tables of their own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lease(self, name: Name, holder: str, now: datetime, until: datetime) -> bool:
        """See `Cursors`."""
        return await self._database.write(lambda tx: _lease(tx, name, holder, now, until))

    async def release(self, name: Name, holder: str) -> None:
        """See `Cursors`."""
        held = and_(_is(name), CONNECTORS.c.holder == holder)
        free = update(CONNECTORS).where(held).values(holder="", held_until=None)
        await self._database.write(lambda tx: tx.execute(free))

    async def cursor(self, name: Name) -> str:
        """See `Cursors`."""
        asked = select(CONNECTORS.c.cursor).where(_is(name))
        return await self._database.read(lambda tx: tx.execute(asked).scalar()) or ""

    async def save(self, progress: Progress) -> None:
        """See `Cursors`."""
        await self._database.write(lambda tx: _save(tx, progress))

    async def noted(
        self, tenant: str, keys: Collection[str], authors: Collection[str]
    ) -> Sequence[Noted]:
        """See `Cursors`."""
        by_key = NOTED.c.key.in_(select(values(keys).c.value))
        by_author = NOTED.c.author.in_(select(values(filter(None, authors)).c.value))
        asked = select(NOTED).where(NOTED.c.tenant == tenant, or_(by_key, by_author))
        ordered = asked.order_by(NOTED.c.signal_id)
        return await self._database.read(lambda tx: [_noted(row) for row in tx.execute(ordered)])

    async def recent(self, tenant: str, most: int) -> Sequence[Noted]:
        """See `Cursors`."""
        newest = (NOTED.c.time.desc(), NOTED.c.signal_id.desc())
        asked = select(NOTED).where(NOTED.c.tenant == tenant).order_by(*newest).limit(most)
        found = await self._database.read(lambda tx: [_noted(row) for row in tx.execute(asked)])
        return found[::-1]

    async def forget_noted(self, before: datetime) -> int:
        """See `Cursors`."""
        old = delete(NOTED).where(NOTED.c.time < before)
        return await self._database.write(lambda tx: tx.execute(old).rowcount)


def _is(name: Name) -> ColumnElement[bool]:
    return and_(CONNECTORS.c.tenant == name.tenant, CONNECTORS.c.connector == name.connector)


def _lease(tx: Transaction, name: Name, holder: str, now: datetime, until: datetime) -> bool:
    """One statement: takes the row if it is ours, free or left behind."""
    mine = {"holder": holder, "held_until": until}
    taken = insert(tx, CONNECTORS).values(**asdict(name), cursor="", **mine)
    free = or_(
        CONNECTORS.c.holder == holder,
        CONNECTORS.c.held_until.is_(None),
        CONNECTORS.c.held_until <= now,
    )
    keys = [each.name for each in CONNECTORS.primary_key]
    return bool(
        tx.execute(taken.on_conflict_do_update(index_elements=keys, set_=mine, where=free)).rowcount
    )


def _save(tx: Transaction, progress: Progress) -> None:
    """Moves the cursor where the lease is still ours, and keeps what goes with it."""
    held = and_(_is(progress.name), CONNECTORS.c.holder == progress.holder)
    moved = tx.execute(update(CONNECTORS).where(held).values(cursor=progress.cursor))
    if not moved.rowcount:
        raise lost(progress.name)
    tenant = progress.name.tenant
    if progress.noted:
        rows = [{"tenant": tenant, **asdict(each)} for each in progress.noted]
        tx.execute(insert(tx, NOTED).on_conflict_do_nothing(), rows)
    if progress.withdrawn:
        gone = NOTED.c.signal_id.in_(select(values(progress.withdrawn).c.value))
        tx.execute(delete(NOTED).where(NOTED.c.tenant == tenant, gone))


def _noted(row: Row[Any]) -> Noted:
    told = row._asdict()
    del told["tenant"]
    return Noted(**{**told, "kind": SignalKind(told["kind"])})
