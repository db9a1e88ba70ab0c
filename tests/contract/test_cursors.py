from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dramatis.ingest.adapters.database_store import MIGRATIONS
from dramatis.ingest.adapters.feeds.database import DatabaseCursors
from dramatis.ingest.adapters.feeds.memory import MemoryCursors
from dramatis.ingest.ports import Cursors, Progress
from dramatis.runtime.database import open_database
from dramatis.runtime.home import PostgresHome, SqliteHome
from tests.contract.cursors_suite import LATER, NEWS, NOW, CursorsSuite, note


class TestMemoryCursors(CursorsSuite):
    @pytest.fixture
    async def cursors(self) -> AsyncIterator[Cursors]:
        yield MemoryCursors()  # noqa: PT022 - the suite's fixture is one that yields


class TestSqlite(CursorsSuite):
    @pytest.fixture
    async def cursors(self, tmp_path: Path) -> AsyncIterator[Cursors]:
        home = SqliteHome(tmp_path / "ingest.sqlite3")
        async with open_database(home, MIGRATIONS) as database:
            yield DatabaseCursors(database)

    async def test_remembers_over_a_restart(self, tmp_path: Path) -> None:
        home = SqliteHome(tmp_path / "again.sqlite3")
        async with open_database(home, MIGRATIONS) as database:
            cursors = DatabaseCursors(database)
            await cursors.lease(NEWS, "a", NOW, LATER)
            await cursors.save(Progress(NEWS, "a", "17", [note()]))
        async with open_database(home, MIGRATIONS) as database:
            cursors = DatabaseCursors(database)
            assert await cursors.cursor(NEWS) == "17"
            assert await cursors.recent("acme", 9) == [note()]
            assert not await cursors.lease(NEWS, "b", NOW, LATER)


class TestPostgres(CursorsSuite):
    @pytest.fixture
    async def cursors(self, postgres_database: str) -> AsyncIterator[Cursors]:
        home = PostgresHome(postgres_database, "ingest", readers=1)
        async with open_database(home, MIGRATIONS) as database:
            yield DatabaseCursors(database)
