"""A process opens the keyring that its settings name."""

import base64
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest

from dramatis.core.errors import Unavailable
from dramatis.runtime.common_settings import Common
from dramatis.runtime.keyring.cache import GONE
from dramatis.runtime.keyring.opening import kept_names, open_keyring
from dramatis.runtime.settings import SettingsError, read, variable

KEY, NEW = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Settings(Common):
    service: ClassVar[str] = "test"


def settings(state: Path, **more: str) -> Settings:
    return read(
        Settings, {"DRAMATIS_STATE_DIR": str(state), "DRAMATIS_ANONYMOUS_TENANT": "acme", **more}
    )


async def test_without_any_setting_a_key_file_lies_beside_the_state(tmp_path: Path) -> None:
    at = settings(tmp_path / "state")
    async with open_keyring(at) as one, open_keyring(at) as two:
        [key] = (await one.issue([("acme", "p")])).values()
        assert await two.find([("acme", "p")]) == {("acme", "p"): key}
        name = one.names.pseudonym("acme", "ann")
        assert two.names.pseudonym("acme", "ann") == name
    names = await kept_names(at)
    assert names
    assert names.pseudonym("acme", "ann") == name
    for file in ("master.key", "root.wrapped"):
        assert stat.S_IMODE((tmp_path / "state" / file).stat().st_mode) == 0o600


async def test_the_master_key_can_be_replaced(tmp_path: Path) -> None:
    keys: dict[str, bytes] = {}
    for given in (KEY, f"{NEW},{KEY}", NEW):
        async with open_keyring(settings(tmp_path, DRAMATIS_MASTER_KEY=given)) as ring:
            keys[given] = (await ring.issue([("acme", "p")]))["acme", "p"]
    assert len(set(keys.values())) == 1
    assert not (tmp_path / "master.key").exists()
    with pytest.raises(Unavailable, match="no key in DRAMATIS_MASTER_KEY opens the root secret"):
        async with open_keyring(settings(tmp_path, DRAMATIS_MASTER_KEY=KEY)):
            pass


async def test_no_names_are_kept_before_the_first_opening(tmp_path: Path) -> None:
    assert await kept_names(settings(tmp_path)) is None


async def test_erased_elsewhere_is_erased_here_once_the_ledger_was_read(tmp_path: Path) -> None:
    at = settings(tmp_path)
    async with open_keyring(at) as one, open_keyring(at) as two:
        who = ("acme", one.names.pseudonym("acme", "ann"))
        await two.issue([who])
        assert await one.erase("acme", "ann", NOW) == NOW
        assert await one.find([who]) == {who: GONE}
        assert two.at_hand(who) not in {GONE, None}
        assert [each.pseudonym for each in await two.erasures(0, 10)] == [who[1]]
        assert two.at_hand(who) == GONE
        ann, ben = (two.names.pseudonym("acme", each) for each in ("ann", "ben"))
        assert await two.erased("acme", [ann, ben]) == {ann}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"DRAMATIS_MASTER_KEY": "secret-but-short"}, "32 random bytes in base64"),
        ({"DRAMATIS_POSTGRES_DSN": "postgresql://u:p@h/d"}, "required with PostgreSQL"),
    ],
)
def test_unsafe_settings_stop_the_start(
    tmp_path: Path, given: Mapping[str, str], said: str
) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        settings(tmp_path, **given)
    assert str(refused.value).startswith(variable(Settings, "master_key"))
    assert "secret-but-short" not in str(refused.value)


def test_settings_do_not_show_the_key(tmp_path: Path) -> None:
    assert KEY not in repr(settings(tmp_path, DRAMATIS_MASTER_KEY=KEY))
