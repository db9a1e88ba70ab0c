from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dramatis.ingest.adapters.database_store import DatabaseStore
from dramatis.ingest.adapters.memory import MemoryStore
from dramatis.ingest.ports import Effect, Store
from dramatis.runtime.home import PostgresHome, SqliteHome
from tests.contract.ingest_store_suite import NOW, StoreSuite, answer, held


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    async def store(self) -> AsyncIterator[Store]:
        yield MemoryStore()  # noqa: PT022 - the suite's fixture is one that yields


class TestSqlite(StoreSuite):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        async with DatabaseStore.open(SqliteHome(tmp_path / "ingest.sqlite3")) as store:
            yield store

    async def test_remembers_over_a_restart(self, tmp_path: Path) -> None:
        file = tmp_path / "again.sqlite3"
        async with DatabaseStore.open(SqliteHome(file)) as store:
            await store.save(Effect("acme", [held("e1")], answer=answer()))
        async with DatabaseStore.open(SqliteHome(file)) as store:
            assert (await store.known("acme", {"e1"}, ())).seen == {"e1"}
            assert await store.answer(answer().request) == b"body"

    async def test_erased_ids_are_nowhere_in_the_file(self, tmp_path: Path) -> None:
        file = tmp_path / "canary.sqlite3"
        async with DatabaseStore.open(SqliteHome(file)) as store:
            await store.save(Effect("acme", [held("e1", "canary-4711")]))
            await store.erase("canary-4711", NOW, answer())
        assert b"canary-4711" not in file.read_bytes()


class TestPostgres(StoreSuite):
    @pytest.fixture
    async def store(self, postgres_database: str) -> AsyncIterator[Store]:
        async with DatabaseStore.open(
            PostgresHome(postgres_database, "ingest", readers=1)
        ) as store:
            yield store

    async def test_remembers_over_a_restart(self, postgres_database: str) -> None:
        home = PostgresHome(postgres_database, "ingest", readers=1)
        async with DatabaseStore.open(home) as store:
            await store.save(Effect("acme", [held("e1")], answer=answer()))
        async with DatabaseStore.open(home) as store:
            assert (await store.known("acme", {"e1"}, ())).seen == {"e1"}
            assert await store.answer(answer().request) == b"body"
