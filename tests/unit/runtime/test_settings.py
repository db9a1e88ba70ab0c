from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import PositiveFloat

from dramatis.runtime import settings_doc
from dramatis.runtime.common_settings import Common, is_loopback
from dramatis.runtime.home import PostgresHome, SqliteHome
from dramatis.runtime.settings import REQUIRED, SettingsError, describe, read, setting

KEY = "0123456789abcdef"


@dataclass(frozen=True)
class Settings(Common):
    service: ClassVar[str] = "persona"
    grpc_address: str = setting("127.0.0.1:7412", "Where gRPC listens.")
    half_life_days: PositiveFloat = setting(30.0, "Evidence counts half.", unit="days")


@dataclass(frozen=True)
class Strict(Settings):
    salt: str = setting(REQUIRED, "Splits recipients into arms.", secret=True)


def problems(environ: dict[str, str], cls: type[Settings] = Settings) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(cls, environ)
    return str(caught.value).split("\n")


def test_defaults_and_values() -> None:
    found = read(
        Settings,
        {
            "DRAMATIS_ANONYMOUS_TENANT": "acme",
            "DRAMATIS_PERSONA_HALF_LIFE_DAYS": "14.5",
            "DRAMATIS_STATE_DIR": "/data",
            "DRAMATIS_INGEST_OTHER": "not ours",
            "DRAMATIS_LOG_LEVEL": "DEBUG",
        },
    )
    assert (found.half_life_days, found.state_dir) == (14.5, Path("/data"))
    assert found.grpc_address == "127.0.0.1:7412"
    assert found.log_level == "debug"
    with pytest.raises(FrozenInstanceError):
        found.half_life_days = 1.0  # type: ignore[misc]


def test_every_problem_is_named_at_once() -> None:
    lines = problems(
        {
            "DRAMATIS_ANONYMOUS_TENANT": "acme",
            "DRAMATIS_PERSONA_HALF_LIFE_DAYS": "-1",
            "DRAMATIS_PERSONA_HALF_LIVE_DAYS": "2",
            "DRAMATIS_PERSONA_HTTP_ADDRESS": "nowhere",
        },
        Strict,
    )
    assert len(lines) == 4
    text = "\n".join(lines)
    assert "DRAMATIS_PERSONA_HALF_LIFE_DAYS: Input should be greater than 0, got '-1'" in text
    assert "did you mean DRAMATIS_PERSONA_HALF_LIFE_DAYS?" in text
    assert "DRAMATIS_PERSONA_HTTP_ADDRESS: expected host:port, got 'nowhere'" in text
    assert "DRAMATIS_PERSONA_SALT: must be set. Splits recipients" in text


@pytest.mark.parametrize("address", ["0.0.0.0:7412", "10.0.0.1:1", "[::]:1", "example.org:1"])
def test_strangers_from_the_network_are_refused(address: str) -> None:
    [line] = problems(
        {"DRAMATIS_ANONYMOUS_TENANT": "acme", "DRAMATIS_PERSONA_GRPC_ADDRESS": address}
    )
    assert line.startswith("DRAMATIS_ANONYMOUS_TENANT: anyone on the network could call")


def test_without_keys_or_tenant_nobody_could_call() -> None:
    assert problems({}) == [
        "DRAMATIS_API_KEYS: nobody could call: set keys as tenant:key,tenant:key, or on a machine "
        "of your own set DRAMATIS_ANONYMOUS_TENANT"
    ]


def test_keys_are_read_and_never_shown() -> None:
    found = read(Settings, {"DRAMATIS_API_KEYS": f"acme:{KEY}, acme:{KEY}x,zeta:{KEY}y"})
    assert sorted(found.api_keys.tenants.values()) == ["acme", "acme", "zeta"]
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    "keys", ["acme:short", "no-colon-in-this-one", f"acme:{KEY},zeta:{KEY}", f"A B:{KEY}"]
)
def test_bad_keys_are_refused_without_showing_them(keys: str) -> None:
    [line] = problems({"DRAMATIS_API_KEYS": keys})
    assert line.startswith("DRAMATIS_API_KEYS: ")
    assert keys not in line


def test_loopback() -> None:
    assert all(map(is_loopback, ["127.0.0.1:1", "[::1]:1", "localhost:1", "127.9.9.9:1"]))


def test_describe_and_page() -> None:
    rows = {row.variable: row for row in describe(Strict)}
    assert rows["DRAMATIS_PERSONA_HALF_LIFE_DAYS"].unit == "days"
    assert rows["DRAMATIS_PERSONA_SALT"].default == "required"
    page = settings_doc.render([Settings])
    assert page.count("| `DRAMATIS_STATE_DIR` |") == 1
    assert "## persona" in page
    assert settings_doc.load(f"{Common.__module__}:Common") is Common


def test_a_field_without_a_sentence_is_a_mistake() -> None:
    @dataclass(frozen=True)
    class Careless(Common):
        service: ClassVar[str] = "careless"
        speed: int = 3

    with pytest.raises(TypeError, match="speed must be declared"):
        read(Careless, {})


def test_stores_live_in_files_or_in_schemas_of_one_database(tmp_path: Path) -> None:
    mine = {"DRAMATIS_ANONYMOUS_TENANT": "acme", "DRAMATIS_STATE_DIR": str(tmp_path)}
    assert read(Settings, mine).database("persona") == SqliteHome(tmp_path / "persona.sqlite3")
    dsn = "postgresql://u:hunter2@db:5432/dramatis?sslmode=verify-full"
    # Whatever else PostgreSQL requires has its own tests.
    found = Settings(postgres_dsn=dsn, postgres_readers=2)
    assert found.database("persona") == PostgresHome(dsn, "persona", 2, 30.0, 5.0)
    assert "hunter2" not in repr(found) + repr(found.database("persona"))


@pytest.mark.parametrize("dsn", ["mysql://u:hunter2@db/d", "postgresql://u:hunter2@db", "hunter2"])
def test_a_bad_dsn_is_refused_without_showing_it(dsn: str) -> None:
    mine = {"DRAMATIS_ANONYMOUS_TENANT": "acme", "DRAMATIS_POSTGRES_DSN": dsn}
    said = problems(mine)
    assert any(line.startswith("DRAMATIS_POSTGRES_DSN: expected postgresql://") for line in said)
    assert "hunter2" not in "".join(said)
