"""Both stores of the simulator keep the contract; SQLite's also survives its process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dramatis.runtime.log_token import LogToken
from dramatis.simulator.adapters.changes import NewSet
from dramatis.simulator.adapters.memory import MemoryStore
from dramatis.simulator.adapters.sqlite_store import MOST_SETS, SqliteStore
from tests.contract.simulator_store_suite import FIRST, Memory, StoreSuite, created
from tests.unit.simulator.given import job, personas


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestSqliteStore(StoreSuite):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[SqliteStore]:
        async with SqliteStore.open(tmp_path / "simulator.sqlite3") as store:
            yield store

    async def test_old_sets_are_forgotten(self, store: Memory) -> None:
        many = [NewSet(personas(f"{i:03}")) for i in range(MOST_SETS + 2)]
        await store.learn([*many, NewSet(personas("x", tenant="beta"))], LogToken())
        assert await store.personas("acme", "001") is None
        assert await store.personas("acme", "002") is not None
        assert await store.personas("beta", "x") is not None


async def test_everything_is_there_after_opening_again(tmp_path: Path) -> None:
    async with SqliteStore.open(tmp_path / "s.sqlite3") as store:
        await store.learn([NewSet(personas())], FIRST)
        await created(store, job())
    async with SqliteStore.open(tmp_path / "s.sqlite3") as store:
        assert await store.applied() == FIRST
        assert await store.personas("acme", "set-1") is not None
        found = await store.next_job()
        assert found
        assert found[0] == job()
