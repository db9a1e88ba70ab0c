"""Every store of persona against the contract."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dramatis.persona.adapters.memory_personas import MemoryPersonas
from dramatis.persona.adapters.sqlite_personas import FILE_NAME, SqlitePersonas
from tests.contract.persona_store_suite import NOW, SPOT, STORY, StoreSuite, told


class TestMemory(StoreSuite):
    @pytest.fixture
    def store(self) -> MemoryPersonas:
        return MemoryPersonas()


class TestSqlite(StoreSuite):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[SqlitePersonas]:
        async with SqlitePersonas.open(tmp_path / FILE_NAME) as store:
            yield store


async def test_both_hold_the_same(tmp_path: Path) -> None:
    memory = MemoryPersonas()
    async with SqlitePersonas.open(tmp_path / FILE_NAME) as sqlite:
        for store in (memory, sqlite):
            await store.apply(STORY, SPOT, NOW)
        assert told(await memory.population("acme")) == told(await sqlite.population("acme"))


async def test_what_was_applied_survives_a_restart(tmp_path: Path) -> None:
    async with SqlitePersonas.open(tmp_path / FILE_NAME) as store:
        await store.apply(STORY, SPOT, NOW)
        before = told(await store.population("acme"))
    async with SqlitePersonas.open(tmp_path / FILE_NAME) as store:
        assert await store.applied() == SPOT
        assert told(await store.population("acme")) == before
