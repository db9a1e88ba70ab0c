"""The master key: given or made, replaced, lost."""

import asyncio
import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dramatis.core.errors import Unavailable
from dramatis.runtime.keyring import key_file, master, root
from dramatis.runtime.keyring.cipher import new_key
from dramatis.runtime.keyring.master import MasterKeys
from dramatis.runtime.keyring.memory_vault import MemoryVault

OLD, NEW = bytes(32), bytes(range(32))


def test_keys_are_read_in_both_alphabets_of_base64() -> None:
    key = b"\xfb\xff" + bytes(30)
    text = f"{base64.b64encode(key).decode()}, {base64.urlsafe_b64encode(key).decode()}"
    assert master.parse(text) == (key, key)


@pytest.mark.parametrize("text", ["short", "AAAA", "é" * 44, base64.b64encode(bytes(31)).decode()])
def test_what_is_no_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="openssl rand -base64 32") as refused:
        master.parse(text)
    assert text not in str(refused.value)


async def test_the_root_stays_the_same_while_the_master_key_is_replaced() -> None:
    vault = MemoryVault()
    before, wrapped = await root.load(vault, MasterKeys([OLD], "a test"))
    both, rewrapped = await root.load(vault, MasterKeys([NEW, OLD], "a test"))
    after, kept = await root.load(vault, MasterKeys([NEW], "a test"))
    names = {each.pseudonym("acme", "r1") for each in (before, both, after)}
    assert len(names) == 1
    assert wrapped != rewrapped == kept
    with pytest.raises(Unavailable, match="no key in a test opens the root secret"):
        await root.load(vault, MasterKeys([OLD], "a test"))


async def test_another_installation_has_other_names() -> None:
    one, _ = await root.load(MemoryVault(), MasterKeys([OLD], "a test"))
    two, _ = await root.load(MemoryVault(), MasterKeys([OLD], "a test"))
    assert one.pseudonym("acme", "r1") != two.pseudonym("acme", "r1")


async def test_names_differ_by_tenant_and_use() -> None:
    names, _ = await root.load(MemoryVault(), MasterKeys([OLD], "a test"))
    made = [names.pseudonym("acme", "r1"), names.pseudonym("blue", "r1"), names.event("acme", "r1")]
    assert len(set(made)) == 3
    assert names.wrapping_key("acme") != names.wrapping_key("blue")


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    [key] = key_file.load_or_make(folder)
    assert key_file.load_or_make(folder) == (key,)
    assert stat.S_IMODE((folder / "master.key").stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == ["master.key"]


def test_many_that_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: key_file.load_or_make(tmp_path), range(40)))
    assert len(set(made)) == 1


@pytest.mark.parametrize("text", ["", "not a key\n"])
def test_a_spoiled_key_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "master.key").write_text(text)
    with pytest.raises(Unavailable, match=r"master\.key.*DRAMATIS_MASTER_KEY"):
        key_file.load_or_make(tmp_path)


async def test_who_starts_first_decides_the_root() -> None:
    vault = MemoryVault()
    keys = MasterKeys([new_key()], "a test")
    made = await asyncio.gather(*(root.load(vault, keys) for _ in range(5)))
    assert len({wrapped for _, wrapped in made}) == 1
