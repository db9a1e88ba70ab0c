from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dramatis.ingest.adapters.database_store import MIGRATIONS, DatabaseStore
from dramatis.ingest.adapters.third_party.database import DatabaseLedger
from dramatis.ingest.adapters.third_party.memory import MemoryLedger
from dramatis.ingest.ports import Ledger
from dramatis.runtime.database import open_database
from dramatis.runtime.home import Home, PostgresHome, SqliteHome
from dramatis.runtime.keyring.memory_vault import MemoryVault
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.keyring.ring import Keyring
from tests.contract.ledger_suite import NOW, PARTY, START, LedgerSuite, lent


def keyring() -> Keyring:
    return Keyring(Names(b"r" * 32), MemoryVault())


class TestMemoryLedger(LedgerSuite):
    @pytest.fixture
    async def ledger(self) -> AsyncIterator[Ledger]:
        yield MemoryLedger()  # noqa: PT022 - the suite's fixture is one that yields


class TestSqlite(LedgerSuite):
    @pytest.fixture
    async def ledger(self, tmp_path: Path) -> AsyncIterator[Ledger]:
        async with open_database(SqliteHome(tmp_path / "i.sqlite3"), MIGRATIONS) as database:
            yield DatabaseLedger(database, keyring())


class TestPostgres(LedgerSuite):
    @pytest.fixture
    async def ledger(self, postgres_database: str) -> AsyncIterator[Ledger]:
        home = PostgresHome(postgres_database, "ingest", readers=1)
        async with open_database(home, MIGRATIONS) as database:
            yield DatabaseLedger(database, keyring())


async def test_the_erased_are_gone_and_stay_away(home: Home) -> None:
    keys = keyring()
    async with open_database(home, MIGRATIONS) as database:
        ledger = DatabaseLedger(database, keys)
        await ledger.keep("acme", [lent(), lent("r2")])
        await keys.erase("acme", "r1", NOW)
        assert [each.recipient_id for _, each in (await ledger.page(START, 9)).lent] == ["r2"]
        store = DatabaseStore(database, lambda: None)
        assert await store.forget("acme", [keys.names.pseudonym("acme", "r1")]) == 1
        assert await ledger.held(PARTY, ["r1"]) == {}
        await ledger.keep("acme", [lent()])
        assert await ledger.held(PARTY, ["r1"]) == {}


async def test_no_id_is_in_the_file(tmp_path: Path) -> None:
    async with open_database(SqliteHome(tmp_path / "i.sqlite3"), MIGRATIONS) as database:
        await DatabaseLedger(database, keyring()).keep("acme", [lent("canary-4711")])
    assert not any(b"canary-4711" in each.read_bytes() for each in tmp_path.iterdir())
