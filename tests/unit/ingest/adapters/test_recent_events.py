import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dramatis.ingest.adapters import recent_events
from dramatis.ingest.adapters.database_store import MIGRATIONS, DatabaseStore
from dramatis.ingest.adapters.recent_events import RecentEvents
from dramatis.ingest.adapters.tables import EVENTS, RECENT_EVENTS
from dramatis.ingest.ports import Effect, HeldEvent
from dramatis.runtime.database import Database, Transaction, open_database
from dramatis.runtime.event_log import Position
from dramatis.runtime.home import SqliteHome


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(SqliteHome(tmp_path / "ingest.sqlite3"), MIGRATIONS) as database:
        yield database


def held(event_id: str, offset: int = 0) -> HeldEvent:
    return HeldEvent(event_id, "r1", Position("recipient-events", 0, offset))


async def save(database: Database, recent: RecentEvents, *events: HeldEvent) -> None:
    await database.write(lambda tx: recent_events.note(tx, "acme", events))
    recent.add("acme", events)


async def counts(database: Database) -> tuple[int, int]:
    """Batches that wait, and events in the table of all."""

    def count(tx: Transaction, table: sa.Table) -> int:
        return int(tx.scalar(sa.select(sa.func.count()).select_from(table)) or 0)

    return await database.read(lambda tx: (count(tx, RECENT_EVENTS), count(tx, EVENTS)))


async def sorted_in(database: Database, events: int) -> None:
    async with asyncio.timeout(10):
        while await counts(database) != (0, events):
            await asyncio.sleep(0.01)


async def test_many_are_sorted_in_and_known_all_the_while(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent_events, "AT_A_TIME", 2)
    recent = RecentEvents(database, most=4)
    await save(database, recent, held("e3"), held("e1"))
    assert await counts(database) == (1, 0)
    assert recent.among("acme", {"e1", "e2"}) == {"e1"}
    assert recent.among("umbrella", {"e1"}) == set()
    await save(database, recent, held("e2"), held("e4"), held("e5"))
    assert recent.among("acme", {"e1", "e5", "e6"}) == {"e1", "e5"}
    await sorted_in(database, 5)


async def test_the_first_place_of_an_event_stays(database: Database) -> None:
    recent = RecentEvents(database)
    await save(database, recent, held("e1", 3))
    await save(database, recent, held("e1", 7), held("e2", 8))
    await database.write(recent_events.sort_in)
    await save(database, recent, held("e2", 9))
    await database.write(recent_events.sort_in)
    places = sa.select(EVENTS.c.event_id, EVENTS.c.offset)
    assert await database.read(lambda tx: [tuple(row) for row in tx.execute(places)]) == [
        ("e1", 3),
        ("e2", 8),
    ]


async def test_who_is_forgotten_while_events_are_sorted_in_does_not_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent_events, "AT_A_TIME", 1)
    async with DatabaseStore.open(SqliteHome(tmp_path / "ingest.sqlite3")) as store:
        store._recent = RecentEvents(store._database, most=20)
        await store.save(Effect("acme", [held(f"e{each:02}", each) for each in range(20)]))
        await asyncio.sleep(0)  # sorting in has begun
        assert await store.forget("acme", ["r1"]) == 20
        await store.save(Effect("acme", [held("e99", 99)]))
        assert (await store.known("acme", {"e01", "e99"}, ())).seen == {"e99"}
        again = await store.recipient("acme", "r1")
        assert again
        assert [each.offset for each in again.events] == [99]


async def test_what_cannot_be_sorted_in_waits(tmp_path: Path) -> None:
    async with open_database(SqliteHome(tmp_path / "closed.sqlite3"), MIGRATIONS) as database:
        recent = RecentEvents(database, most=1)
        await database.write(lambda tx: recent_events.note(tx, "acme", [held("e1")]))
    recent.add("acme", [held("e1")])
    await asyncio.sleep(0.01)
    assert recent.among("acme", {"e1"}) == {"e1"}
    async with open_database(SqliteHome(tmp_path / "closed.sqlite3"), MIGRATIONS) as database:
        await database.write(recent_events.sort_in)
        assert await counts(database) == (0, 1)


async def test_a_number_that_was_dropped_is_not_given_again(database: Database) -> None:
    """Two processes for a moment: one has read the batches, the other sorts in, a new one comes."""
    recent = RecentEvents(database)
    await save(database, recent, held("e1"))
    last, _ = await database.read(recent_events._lines)
    await database.write(recent_events.sort_in)
    await save(database, recent, held("e2"))
    await database.write(lambda tx: recent_events._drop(tx, last))
    assert await counts(database) == (1, 1)
