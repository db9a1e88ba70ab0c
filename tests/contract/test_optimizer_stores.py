"""Both stores of the optimizer keep the contract."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dramatis.optimizer.adapters.memory import MemoryJobs, MemoryPlans
from dramatis.optimizer.adapters.sqlite_store import SqliteStore
from tests.contract.optimizer_suite import Store, StoreSuite, job, request
from tests.unit.optimizer import given


class TestMemory(StoreSuite):
    @pytest.fixture
    async def store(self) -> Store:
        plans = MemoryPlans()
        return Store(MemoryJobs(plans), plans)


class TestSqlite(StoreSuite):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        async with SqliteStore.open(tmp_path / "optimizer.sqlite3") as opened:
            yield Store(opened.jobs, opened.plans)

    async def test_a_queue_survives_its_process(self, tmp_path: Path) -> None:
        path = tmp_path / "again.sqlite3"
        async with SqliteStore.open(path) as opened:
            await opened.jobs.create(request(), job(), given.inputs())
            first = await opened.jobs.take()
        async with SqliteStore.open(path) as opened:
            again = await opened.jobs.take()
        assert first
        assert again
        assert again[0] == first[0]
        assert repr(again[1]) == repr(first[1])
