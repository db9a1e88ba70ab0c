"""Events that were accepted last, where the store is an SQLite file: a batch is one row.

An event's id is a digest: in the table of all events each one changes a page of its own, and so
does its recipient's in the index. Batches at the end of a small table change few pages, and are
sorted into the large one when there are many: its pages are then written once for many events.

What is said here of a file holds as long as one process writes it: it knows the ids by heart.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final, TypeAlias

from sqlalchemy import delete, select

from dramatis.core.errors import Unavailable
from dramatis.ingest.adapters.tables import EVENTS, RECENT_EVENTS
from dramatis.ingest.ports import HeldEvent
from dramatis.runtime.adding import Adding
from dramatis.runtime.database import Database, Transaction
from dramatis.runtime.prepared import Prepared
from dramatis.runtime.sql import insert

MOST: Final = 20_000
"""Events that wait to be sorted in."""
AT_A_TIME: Final = 2_000
"""Events of one transaction: others write in between."""

Line: TypeAlias = tuple[str, str, str, int, int]
"""A row of the table of all events."""

_ADD: Final = Adding(EVENTS)
_NOTE: Final = Prepared(lambda tx: insert(tx, RECENT_EVENTS))


class RecentEvents:
    """The ids by heart, and when they are sorted in."""

    def __init__(self, database: Database, most: int = MOST) -> None:
        """Makes it; what an earlier process left must be sorted in first, see `sort_in`."""
        self._database = database
        self._most = most
        self._ids: set[tuple[str, str]] = set()
        self._moving: set[tuple[str, str]] = set()
        self._task: asyncio.Task[None] | None = None
        self._sorting = asyncio.Lock()

    @property
    def waiting(self) -> bool:
        """Whether there are some that are not in the table of all."""
        return bool(self._ids or self._moving)

    def among(self, tenant: str, event_ids: Collection[str]) -> set[str]:
        """Those of the ids that are here. Who finds none looks at the table of all only then."""
        known = (self._ids, self._moving)
        return {each for each in event_ids if any((tenant, each) in ids for ids in known)}

    def add(self, tenant: str, events: Sequence[HeldEvent]) -> None:
        """Learns ids whose rows are durable; begins to sort in where there are many."""
        self._ids.update((tenant, each.event_id) for each in events)
        if len(self._ids) >= self._most and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._sort_in())

    @asynccontextmanager
    async def sorted_in(self) -> AsyncIterator[None]:
        """Around a transaction that begins with `sort_in`: from then on none of them is here."""
        async with self._sorting:
            gone = self._ids | self._moving
            yield
            self._ids -= gone
            self._moving -= gone

    async def _sort_in(self) -> None:
        """Sorts in what is here by now; where that fails, the next batch will do."""
        async with self._sorting:
            with suppress(Unavailable):
                await self._sort_in_some_at_a_time()

    async def _sort_in_some_at_a_time(self) -> None:
        self._moving |= self._ids
        self._ids = set()
        if self._moving:
            last, lines = await self._database.read(_lines)
            for start in range(0, len(lines), AT_A_TIME):
                some = lines[start : start + AT_A_TIME]
                await self._database.write(partial(_add, lines=some))
            await self._database.write(lambda tx: _drop(tx, last))
            self._moving = set()


def note(tx: Transaction, tenant: str, events: Sequence[HeldEvent]) -> None:
    """Adds a batch."""
    lines = [line(tenant, each)[1:] for each in events]
    _NOTE(tx, number=None, tenant=tenant, events=json.dumps(lines, separators=(",", ":")))


def line(tenant: str, event: HeldEvent) -> Line:
    """The event as a row of the table of all."""
    at = event.position
    return tenant, event.event_id, event.recipient_id, at.partition, at.offset


def sort_in(tx: Transaction) -> None:
    """All batches go into the table of all events."""
    last, lines = _lines(tx)
    if last:
        _ADD(tx, lines)
        _drop(tx, last)


def _lines(tx: Transaction) -> tuple[int, Sequence[Line]]:
    """The number of the last batch, and the rows in the order of their keys, each id's first."""
    at = RECENT_EVENTS.c
    batches = tx.execute(select(at.number, at.tenant, at.events).order_by(at.number)).all()
    found: dict[tuple[str, str], Line] = {}
    for _, tenant, events in batches:
        for event_id, *rest in json.loads(events):
            found.setdefault((tenant, event_id), (tenant, event_id, *rest))
    last = batches[-1].number if batches else 0
    return last, [found[key] for key in sorted(found)]


def _add(tx: Transaction, lines: Sequence[Line]) -> None:
    _ADD(tx, lines)


def _drop(tx: Transaction, last: int) -> None:
    tx.execute(delete(RECENT_EVENTS).where(RECENT_EVENTS.c.number <= last))
