"""Every store of the simulator keeps the contract; those in a database survive their process."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from dramatis.core.lease import Lease
from dramatis.runtime.home import Home, PostgresHome, SqliteHome
from dramatis.runtime.log_token import LogToken
from dramatis.simulator.adapters.changes import NewSet
from dramatis.simulator.adapters.database_store import MOST_SETS, DatabaseStore
from dramatis.simulator.adapters.memory import MemoryStore
from dramatis.simulator.domain import job as jobs
from tests.contract.insisting import insist
from tests.contract.simulator_store_suite import FIRST, LEASE, Memory, StoreSuite, created
from tests.unit.simulator.given import NOW, job, personas


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestDatabaseStore(StoreSuite):
    @pytest.fixture
    async def store(self, home: Home) -> AsyncIterator[DatabaseStore]:
        async with DatabaseStore.open(home) as store:
            yield store

    async def test_old_sets_are_forgotten(self, store: Memory) -> None:
        many = [NewSet(personas(f"{i:03}")) for i in range(MOST_SETS + 2)]
        await store.learn([*many, NewSet(personas("x", tenant="beta"))], LogToken())
        assert await store.personas("acme", "001") is None
        assert await store.personas("acme", "002") is not None
        assert await store.personas("beta", "x") is not None


async def test_everything_is_there_after_opening_again(home: Home) -> None:
    async with DatabaseStore.open(home) as store:
        await store.learn([NewSet(personas())], FIRST)
        await created(store, job())
    async with DatabaseStore.open(home) as store:
        assert await store.applied() == FIRST
        assert await store.personas("acme", "set-1") is not None
        found = await store.next_job(LEASE)
        assert found
        assert found[0] == job()


async def test_who_opens_a_file_goes_on_with_what_was_begun_in_it(home: Home) -> None:
    async with DatabaseStore.open(home) as store:
        await created(store, job())
        assert await store.next_job(LEASE)
    async with DatabaseStore.open(home) as store:
        found = await store.next_job(Lease.of("w2", NOW))
        assert (found is not None) == isinstance(home, SqliteHome)


async def test_processes_that_share_a_database_never_take_the_same_job(
    postgres_database: str,
) -> None:
    home = PostgresHome(postgres_database, "simulator")
    taken: list[str] = []

    async def work(store: DatabaseStore, worker: str) -> None:
        while found := await insist(store.next_job, Lease.of(worker, NOW)):
            taken.append(found[0].simulation_id)
            await insist(store.change, found[0], jobs.cancel(found[0], NOW))

    async with (
        DatabaseStore.open(home) as one,
        DatabaseStore.open(home) as two,
        DatabaseStore.open(home) as three,
    ):
        names = [f"sim-{number:02}" for number in range(30)]
        for name in names:
            await created(one, job(name))
        await asyncio.gather(work(one, "w1"), work(two, "w2"), work(three, "w3"))
    assert sorted(taken) == names
