"""Every vault keeps the contract."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dramatis.runtime.database import open_database
from dramatis.runtime.home import Home, PostgresHome, SqliteHome
from dramatis.runtime.keyring.memory_vault import MemoryVault
from dramatis.runtime.keyring.sql_vault import MIGRATIONS, SqlVault
from dramatis.runtime.keyring.vault import Vault
from tests.contract.vault_suite import ANN, NOW, VaultSuite


class TestMemoryVault(VaultSuite):
    @pytest.fixture
    async def vault(self) -> Vault:
        return MemoryVault()


class SqlVaultSuite(VaultSuite):
    @pytest.fixture
    async def home(self) -> Home:
        raise NotImplementedError

    @pytest.fixture
    async def vault(self, home: Home) -> AsyncIterator[Vault]:
        async with open_database(home, MIGRATIONS) as database:
            yield SqlVault(database)

    async def test_several_processes_share_it(self, vault: Vault, home: Home) -> None:
        async with open_database(home, MIGRATIONS) as database:
            other = SqlVault(database)
            await vault.add({ANN: b"a"})
            assert dict((await other.add({ANN: b"x"})).keys) == {ANN: b"a"}
            await other.erase(ANN, NOW)
            assert set((await vault.find([ANN])).erased) == {ANN}


class TestSqliteVault(SqlVaultSuite):
    @pytest.fixture
    async def home(self, tmp_path: Path) -> Home:
        return SqliteHome(tmp_path / "keys.sqlite3")


class TestPostgresVault(SqlVaultSuite):
    @pytest.fixture
    async def home(self, postgres_database: str) -> Home:
        return PostgresHome(postgres_database, "keys")
