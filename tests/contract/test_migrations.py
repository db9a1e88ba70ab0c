"""Every history makes what its tables say, and brings up what a release left."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from dramatis.runtime.database import Transaction, open_database
from dramatis.runtime.home import Home, PostgresHome, SqliteHome
from tests.contract import released

SERVICES = ["ingest", "persona"]
SAME_TYPE = {"FLOAT": "REAL", "DOUBLE": "REAL", "DOUBLE PRECISION": "REAL", "BIGINT": "INTEGER"}
"""What SQLite keeps in the same way. https://www.sqlite.org/datatype3.html"""
RELEASES = sorted(each.name for each in released.RELEASES.iterdir() if each.is_dir())


def adapters(service: str) -> Path:
    return Path(import_module(f"dramatis.{service}.adapters").__path__[0])


def history(service: str) -> Path:
    return adapters(service) / "migrations"


def metadata(service: str) -> sa.MetaData:
    tables: sa.MetaData = import_module(f"dramatis.{service}.adapters.tables").METADATA
    return tables


def differences(tx: Transaction, service: str) -> Sequence[Any]:
    """What alembic would change to make the database as the tables say."""

    def ours(name: str | None, kind: str, parents: Any) -> bool:
        return not (kind == "table" and released.is_part(name or ""))

    context = MigrationContext.configure(tx, opts={"include_name": ours, "compare_type": True})
    found: Sequence[Any] = compare_metadata(context, metadata(service))
    return found


def column(found: Any) -> tuple[str, bool]:
    """The type, by one of its names, and whether it may be null: a row's number never is."""
    name = str(found["type"])
    return SAME_TYPE.get(name, name), found["nullable"] and not found["primary_key"]


def shape(tx: Transaction) -> Any:
    """Tables, columns, keys and indexes."""
    look = sa.inspect(tx)
    return {
        name: (
            {each["name"]: column(each) for each in look.get_columns(name)},
            look.get_pk_constraint(name)["constrained_columns"],
            sorted((each["name"], each["column_names"]) for each in look.get_indexes(name)),
        )
        for name in look.get_table_names()
        if not released.is_part(name)
    }


@pytest.mark.parametrize("service", SERVICES)
async def test_a_fresh_database_is_what_the_tables_say(service: str, home: Home) -> None:
    async with open_database(home, history(service)) as database:
        assert await database.read(lambda tx: differences(tx, service)) == []


@pytest.mark.parametrize("service", SERVICES)
async def test_what_grows_has_parts(service: str, postgres_database: str) -> None:
    partitioned = {
        each.name
        for each in metadata(service).sorted_tables
        if each.dialect_options["postgresql"]["partition_by"]
    }
    home = PostgresHome(postgres_database, service)
    async with open_database(home, history(service)) as database:
        names = await database.read(lambda tx: sa.inspect(tx).get_table_names())
    parts = [each for each in names if released.is_part(each)]
    assert sorted(parts) == sorted(f"{each}_p{n:02}" for each in partitioned for n in range(16))


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("service", SERVICES)
async def test_a_released_file_comes_up(release: str, service: str, tmp_path: Path) -> None:
    path = released.sqlite_file(release, service, tmp_path / "old.sqlite3")
    before = released.rows(path)
    assert any(before.values())
    async with (
        open_database(SqliteHome(path), history(service)) as old,
        open_database(SqliteHome(tmp_path / "new.sqlite3"), history(service)) as new,
    ):
        assert await old.read(shape) == await new.read(shape)
    after = released.rows(path)
    for table, rows in before.items():
        kept = [{name: row[name] for name in rows[0]} for row in after[table]]
        assert kept == rows


@pytest.mark.parametrize("service", SERVICES)
async def test_the_same_rows_come_up_on_postgresql(
    service: str, tmp_path: Path, postgres_database: str
) -> None:
    path = released.sqlite_file("0.1.0", service, tmp_path / "old.sqlite3")
    given = released.rows(path)
    home = PostgresHome(postgres_database, service)
    first = released.first_revision_only(history(service), tmp_path / "first")
    async with open_database(home, first) as database:
        await database.write(lambda tx: released.insert_all(tx, given))
    async with open_database(home, history(service)) as database:
        assert await database.read(lambda tx: differences(tx, service)) == []
        after = await database.read(lambda tx: released.select_all(tx, given))
        expected = await database.read(lambda tx: released.converted(tx, given))
    assert {name: sorted(map(str, rows)) for name, rows in after.items()} == {
        name: sorted(map(str, rows)) for name, rows in expected.items()
    }
