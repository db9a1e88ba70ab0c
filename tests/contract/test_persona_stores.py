"""Every store of persona against the contract."""

from collections.abc import AsyncIterator

import pytest

from dramatis.persona.adapters.database_personas import DatabasePersonas
from dramatis.persona.adapters.memory_personas import MemoryPersonas
from dramatis.runtime.home import Home
from tests.contract.persona_store_suite import NAMES, NOW, SPOT, STORY, StoreSuite, told


class TestMemory(StoreSuite):
    @pytest.fixture
    def store(self) -> MemoryPersonas:
        return MemoryPersonas(NAMES.pseudonym)


class TestDatabase(StoreSuite):
    @pytest.fixture
    async def store(self, home: Home) -> AsyncIterator[DatabasePersonas]:
        async with DatabasePersonas.open(home, NAMES) as store:
            yield store

    async def test_it_holds_the_same_as_memory(self, store: DatabasePersonas) -> None:
        memory = MemoryPersonas(NAMES.pseudonym)
        for each in (memory, store):
            await each.apply(STORY, SPOT, NOW)
        assert told(await memory.population("acme")) == told(await store.population("acme"))


async def test_what_was_applied_survives_a_restart(home: Home) -> None:
    async with DatabasePersonas.open(home, NAMES) as store:
        await store.apply(STORY, SPOT, NOW)
        before = told(await store.population("acme"))
    async with DatabasePersonas.open(home, NAMES) as store:
        assert await store.applied() == SPOT
        assert told(await store.population("acme")) == before
