"""What any vault must do. An adapter's test class derives from `VaultSuite`."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from dramatis.runtime.keyring.vault import Erasure, Vault

NOW = datetime(2026, 11, 1, 12, 30, 15, 123456, UTC)
ANN, BEN, CID = (("acme", f"{number:032x}") for number in range(3))


class VaultSuite:
    """The contract; derived classes give the fixture `vault`."""

    @pytest.fixture
    def vault(self) -> Vault:
        raise NotImplementedError

    async def test_the_first_root_stays(self, vault: Vault) -> None:
        assert await vault.root(b"one") == b"one"
        assert await vault.root(b"two") == b"one"
        await vault.replace_root(b"two", b"three")
        assert await vault.root(b"x") == b"one"
        await vault.replace_root(b"one", b"three")
        assert await vault.root(b"x") == b"three"

    async def test_the_first_key_of_each_stays(self, vault: Vault) -> None:
        assert dict((await vault.add({ANN: b"a", BEN: b"b"})).keys) == {ANN: b"a", BEN: b"b"}
        assert dict((await vault.add({ANN: b"x", CID: b"c"})).keys) == {ANN: b"a", CID: b"c"}
        found = await vault.find([ANN, CID, ("blue", ANN[1])])
        assert dict(found.keys) == {ANN: b"a", CID: b"c"}
        assert not found.erased

    async def test_concurrent_offers_agree(self, vault: Vault) -> None:
        offers = [{ANN: bytes([n]), BEN: bytes([n])} for n in range(8)]
        found = await asyncio.gather(*map(vault.add, offers))
        assert len({tuple(sorted(each.keys.items())) for each in found}) == 1

    async def test_the_erased_have_no_key_and_get_none(self, vault: Vault) -> None:
        await vault.add({ANN: b"a", BEN: b"b"})
        assert await vault.erase(ANN, NOW) == NOW
        for found in (await vault.find([ANN, BEN]), await vault.add({ANN: b"x", BEN: b"y"})):
            assert dict(found.keys) == {BEN: b"b"}
            assert set(found.erased) == {ANN}

    async def test_erasing_again_says_when_it_was_first_done(self, vault: Vault) -> None:
        assert await vault.erased_at(ANN) is None
        await vault.erase(ANN, NOW)
        assert await vault.erase(ANN, NOW + timedelta(days=1)) == NOW
        assert await vault.erased_at(ANN) == NOW
        assert len(await vault.erasures(0, 10)) == 1

    async def test_the_ledger_is_read_in_stretches(self, vault: Vault) -> None:
        for who in (BEN, ANN, CID):
            await vault.erase(who, NOW)
        first = await vault.erasures(0, 2)
        rest = await vault.erasures(first[-1].number, 2)
        assert [(each.tenant, each.pseudonym) for each in (*first, *rest)] == [BEN, ANN, CID]
        assert isinstance(first[0], Erasure)
        assert first[0].time == NOW
        assert not await vault.erasures(rest[-1].number, 2)

    async def test_concurrent_erasures_each_get_a_number(self, vault: Vault) -> None:
        names = [("acme", f"{number:032x}") for number in range(20)]
        await asyncio.gather(*(vault.erase(who, NOW) for who in names))
        numbers = [each.number for each in await vault.erasures(0, 100)]
        assert numbers == sorted(set(numbers))
        assert len(numbers) == 20

    async def test_nothing_asked_for_is_fine(self, vault: Vault) -> None:
        assert not (await vault.find([])).keys
        assert not (await vault.add({})).keys

    async def test_thousands_at_once(self, vault: Vault) -> None:
        many = {("acme", f"{number:032x}"): number.to_bytes(60, "big") for number in range(5000)}
        assert dict((await vault.add(many)).keys) == many
        assert dict((await vault.find(many)).keys) == many
