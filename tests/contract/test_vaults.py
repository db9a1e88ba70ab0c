"""Every vault keeps the contract."""

import pytest

from dramatis.runtime.keyring.memory_vault import MemoryVault
from dramatis.runtime.keyring.vault import Vault
from tests.contract.vault_suite import VaultSuite


class TestMemoryVault(VaultSuite):
    @pytest.fixture
    async def vault(self) -> Vault:
        return MemoryVault()
