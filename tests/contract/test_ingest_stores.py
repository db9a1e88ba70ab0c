from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dramatis.ingest.adapters.database_store import DatabaseStore
from dramatis.ingest.adapters.memory import MemoryStore
from dramatis.ingest.adapters.pseudonymous_store import PseudonymousStore
from dramatis.ingest.ports import Effect, HeldRecipient, Store
from dramatis.runtime.home import PostgresHome, SqliteHome
from dramatis.runtime.keyring.memory_vault import MemoryVault
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.keyring.ring import Keyring
from tests.contract.ingest_store_suite import GRANTED, NOW, StoreSuite, answer, held

NAMES = Names(bytes(32))


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    async def store(self) -> AsyncIterator[Store]:
        yield MemoryStore()  # noqa: PT022 - the suite's fixture is one that yields


class TestPseudonymousStore(StoreSuite):
    @pytest.fixture
    async def store(self) -> AsyncIterator[Store]:
        yield PseudonymousStore(MemoryStore(), Keyring(NAMES, MemoryVault()))  # noqa: PT022

    async def test_the_store_beneath_learns_nobodys_id(self) -> None:
        inner = MemoryStore()
        store = PseudonymousStore(inner, Keyring(NAMES, MemoryVault()))
        await store.save(Effect("acme", [held("ann-1", "ann")], {"ann": (GRANTED,)}, {"ann": "Z"}))
        assert "ann" not in repr([inner._events, inner._consents, inner._zones])
        assert await store.recipient("acme", "ann")

    async def test_the_ledger_finds_who_it_names(self) -> None:
        keyring = Keyring(NAMES, MemoryVault())
        store = PseudonymousStore(MemoryStore(), keyring)
        await store.save(Effect("acme", [held("e1", "ann"), held("e2", "ben")]))
        await keyring.erase("acme", "ann", NOW)
        await store.drop(await keyring.erasures(0, 10))
        assert await store.recipient("acme", "ann") is None
        assert await store.recipient("acme", "ben")

    async def test_those_whom_the_release_before_erased_stay_erased(self) -> None:
        inner = MemoryStore()
        await inner.erase("ann", NOW, answer())
        store = PseudonymousStore(inner, Keyring(NAMES, MemoryVault()), old_erasures=True)
        assert set((await store.known("acme", (), {"ann", "ben"})).erased) == {"ann"}
        assert await store.erasure("acme", "ann") == NOW


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

    async def test_rows_of_the_release_before_get_pseudonyms(self, tmp_path: Path) -> None:
        async with DatabaseStore.open(SqliteHome(tmp_path / "old.sqlite3")) as inner:
            effect = Effect("acme", [held("e1", "ann")], {"ann": (GRANTED,)}, {"ann": "Z"})
            await inner.save(effect)
            await inner.sort_in()
            assert not await inner.name_all(NAMES)
            store = PseudonymousStore(inner, Keyring(NAMES, MemoryVault()))
            assert await store.recipient("acme", "ann") == HeldRecipient(
                (GRANTED,), "Z", [effect.events[0].position]
            )
            known = await store.known("acme", {"e1"}, {"ann"})
            assert (set(known.seen), set(known.zones)) == ({"e1"}, {"ann"})
            assert not await inner.name_all(NAMES)
            assert await store.recipient("acme", "ann")

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
