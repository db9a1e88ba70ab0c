"""The fixtures `home` and `stores`: where a store lives, on each of the databases in turn."""

from pathlib import Path

import pytest

from dramatis.runtime.home import Home, PostgresHome, SqliteHome
from tests.servers.sealed import MASTER_KEY

DSN = "DRAMATIS_POSTGRES_DSN"
Environment = dict[str, str]
DATABASES = ("sqlite", "postgres")


@pytest.fixture(params=DATABASES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """An empty one of this test's own, for adapters."""
    if request.param == "sqlite":
        return SqliteHome(tmp_path / "store.sqlite3")
    return PostgresHome(request.getfixturevalue("postgres_database"), "store")


@pytest.fixture(params=DATABASES)
def stores(request: pytest.FixtureRequest) -> Environment:
    """What a process has to be told to keep its stores there; on SQLite in its state folder."""
    if request.param == "sqlite":
        return {}
    return shared(request.getfixturevalue("postgres_database"))


def shared(dsn: str) -> Environment:
    """What processes have to be told that keep their stores in one PostgreSQL database."""
    return {DSN: dsn, "DRAMATIS_MASTER_KEY": MASTER_KEY}


def home_of(service: str, state_dir: Path, stores: Environment) -> Home:
    """Where a process that was told `stores` keeps its own."""
    if DSN in stores:
        return PostgresHome(stores[DSN], service)
    return SqliteHome(state_dir / f"{service}.sqlite3")
