"""Every store of persona against the contract."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dramatis.core.act import ActKind
from dramatis.core.happening import Exposed
from dramatis.persona.adapters import database_features
from dramatis.persona.adapters.database_personas import DatabasePersonas
from dramatis.persona.adapters.memory_personas import MemoryPersonas
from dramatis.runtime.home import Home, SqliteHome
from tests.contract import released
from tests.contract.persona_store_suite import (
    NAMES,
    NOW,
    SPOT,
    STORY,
    StoreSuite,
    acted,
    erased,
    happen,
    told,
)


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
        assert told(await memory.population("acme", NOW)) == told(
            await store.population("acme", NOW)
        )


async def test_what_was_applied_survives_a_restart(home: Home) -> None:
    async with DatabasePersonas.open(home, NAMES) as store:
        await store.apply(STORY, SPOT, NOW)
        before = told(await store.population("acme", NOW))
    async with DatabasePersonas.open(home, NAMES) as store:
        assert await store.applied() == SPOT
        assert told(await store.population("acme", NOW)) == before


async def test_features_start_anew_under_other_definitions(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with DatabasePersonas.open(home, NAMES) as store:
        await store.apply([acted("a1", ActKind.ORDERED)], SPOT, NOW)
        monkeypatch.setattr(database_features, "VERSION", "0123abcd")
        assert await store.features("acme", ["r1"]) == await store.features("acme") == {}
        await store.apply([acted("a2", ActKind.ORDERED, after=60)], SPOT, NOW)
        held = (await store.features("acme", ["r1"]))["r1"]
        assert held.first_time == NOW.timestamp() + 60


async def test_rows_of_the_release_before_get_pseudonyms(tmp_path: Path) -> None:
    path = released.sqlite_file("0.1.0", "persona", tmp_path / "old.sqlite3")
    before = {each["recipient_id"] for each in released.rows(path)["recipients"]}
    gone = {each["recipient_id"] for each in released.rows(path)["unprofiled"]}
    [seen, *_] = released.rows(path)["seen_events"]
    for life in range(2):
        async with DatabasePersonas.open(SqliteHome(path), NAMES) as store:
            left = set((await store.population("acme", NOW)).recipient_ids)
            assert left == before - gone
            tenant, _, event_id = seen["event_id"].partition("/")
            again = happen(event_id, Exposed("a"), "r9", tenant)
            done = await store.apply([again, happen(f"new-{life}", Exposed("a"), *gone)], SPOT, NOW)
            assert (done.fresh, done.repeated) == (1, 1)
    async with DatabasePersonas.open(SqliteHome(path), NAMES) as store:
        await store.forget([erased(each) for each in before])
        assert not (await store.population("acme", NOW)).recipient_ids
