"""Every store of the optimizer keeps the contract."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from dramatis.core.errors import Invalid
from dramatis.core.lease import Lease
from dramatis.optimizer.adapters.database_store import DatabaseStore
from dramatis.optimizer.adapters.memory import MemoryJobs, MemoryPlans
from dramatis.optimizer.domain.job import JobState
from dramatis.runtime.home import Home, PostgresHome, SqliteHome
from tests.contract.insisting import insist
from tests.contract.optimizer_suite import LATER, LEASE, NOW, Store, StoreSuite, job, request
from tests.unit.optimizer import given


class TestMemory(StoreSuite):
    @pytest.fixture
    async def store(self) -> Store:
        plans = MemoryPlans()
        return Store(MemoryJobs(plans), plans)


class TestDatabase(StoreSuite):
    @pytest.fixture
    async def opened(self, home: Home) -> AsyncIterator[DatabaseStore]:
        async with DatabaseStore.open(home) as opened:
            yield opened

    @pytest.fixture
    async def store(self, opened: DatabaseStore) -> Store:
        return Store(opened.jobs, opened.plans)

    async def test_a_request_that_came_long_ago_does_not_make_its_job_again(
        self, opened: DatabaseStore
    ) -> None:
        await opened.jobs.create(request(), job(), given.inputs())
        assert await opened.forget_requests(NOW) == 0
        assert await opened.forget_requests(LATER) == 1
        assert await opened.jobs.created(request()) is None
        with pytest.raises(Invalid) as caught:
            await opened.jobs.create(request(), job(), given.inputs())
        assert caught.value.reason == "REQUEST_ID_REUSED"

    async def test_a_queue_survives_its_process(self, home: Home, opened: DatabaseStore) -> None:
        await opened.jobs.create(request(), job(), given.inputs())
        first = await opened.jobs.take(LEASE)
        late = NOW if isinstance(home, SqliteHome) else NOW + timedelta(minutes=1)
        async with DatabaseStore.open(home) as anew:
            again = await anew.jobs.take(Lease.of("w2", late))
        assert first
        assert again
        assert again[0] == first[0]
        assert repr(again[1]) == repr(first[1])


async def test_processes_that_share_a_database_never_take_the_same_job(
    postgres_database: str,
) -> None:
    home = PostgresHome(postgres_database, "optimizer")
    taken: list[str] = []

    async def work(store: DatabaseStore, worker: str) -> None:
        while found := await insist(store.jobs.take, Lease.of(worker, NOW)):
            taken.append(found[0].optimization_id)
            await insist(store.jobs.end, replace(found[0], state=JobState.FAILED), None)

    async with (
        DatabaseStore.open(home) as one,
        DatabaseStore.open(home) as two,
        DatabaseStore.open(home) as three,
    ):
        names = [f"opt-{number:02}" for number in range(30)]
        for name in names:
            await one.jobs.create(request(name=name), job(name), given.inputs())
        await asyncio.gather(work(one, "w1"), work(two, "w2"), work(three, "w3"))
    assert sorted(taken) == names
