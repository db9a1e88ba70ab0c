"""Every history makes what its tables say, and brings up what a release left."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from dramatis.runtime import oldest_reader
from dramatis.runtime.database import Transaction, open_database
from dramatis.runtime.home import Home, PostgresHome, SqliteHome
from tests.contract import released

PACKAGES = {
    **{
        each: f"dramatis.{each}.adapters"
        for each in ("ingest", "optimizer", "persona", "simulator")
    },
    "keys": "dramatis.runtime.keyring",
}
"""By store: where its `tables` and `migrations` are."""
OLDEST = oldest_reader.TABLE.name
SMALL = {"optimizer"}
"""Of which nothing grows with the recipients."""
SINCE_0_1_0 = sorted(
    each.stem for each in (released.RELEASES / "0.1.0").glob("*.sql") if each.stem in PACKAGES
)
SAME_TYPE = {"FLOAT": "REAL", "DOUBLE": "REAL", "DOUBLE PRECISION": "REAL", "BIGINT": "INTEGER"}
"""What SQLite keeps in the same way. https://www.sqlite.org/datatype3.html"""
RELEASES = sorted(each.name for each in released.RELEASES.iterdir() if each.is_dir())


def history(store: str) -> Path:
    return Path(import_module(PACKAGES[store]).__path__[0]) / "migrations"


def metadata(store: str) -> sa.MetaData:
    tables: sa.MetaData = import_module(f"{PACKAGES[store]}.tables").METADATA
    return tables


def differences(tx: Transaction, store: str) -> Sequence[Any]:
    """What alembic would change to make the database as the tables say."""

    def ours(name: str | None, kind: str, parents: Any) -> bool:
        return not (kind == "table" and (released.is_part(name or "") or name == OLDEST))

    context = MigrationContext.configure(tx, opts={"include_name": ours, "compare_type": True})
    found: Sequence[Any] = compare_metadata(context, metadata(store))
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


@pytest.mark.parametrize("store", PACKAGES)
async def test_a_fresh_database_is_what_the_tables_say(store: str, home: Home) -> None:
    async with open_database(home, history(store)) as database:
        assert await database.read(lambda tx: differences(tx, store)) == []


@pytest.mark.parametrize("store", sorted(PACKAGES.keys() - SMALL))
async def test_what_grows_has_parts(store: str, postgres_database: str) -> None:
    divided = sa.text("SELECT relname FROM pg_class WHERE relkind = 'p'")
    home = PostgresHome(postgres_database, store)
    async with open_database(home, history(store)) as database:
        whole = await database.read(lambda tx: list(tx.scalars(divided)))
        names = await database.read(lambda tx: sa.inspect(tx).get_table_names())
    parts = [each for each in names if released.is_part(each)]
    assert whole
    assert sorted(parts) == sorted(f"{each}_p{n:02}" for each in whole for n in range(16))


@pytest.mark.parametrize("store", PACKAGES)
def test_every_revision_says_whether_the_release_before_may_go_on(store: str) -> None:
    revisions = ScriptDirectory(str(history(store)), version_locations=[history(store)])
    said = {each.revision: each.module.compatible for each in revisions.walk_revisions()}
    assert set(map(type, said.values())) == {bool}
    assert not said[min(said)]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("store", SINCE_0_1_0)
async def test_a_released_file_comes_up(release: str, store: str, tmp_path: Path) -> None:
    path = released.sqlite_file(release, store, tmp_path / "old.sqlite3")
    before = released.rows(path)
    assert any(before.values())
    async with (
        open_database(SqliteHome(path), history(store)) as old,
        open_database(SqliteHome(tmp_path / "new.sqlite3"), history(store)) as new,
    ):
        assert await old.read(shape) == await new.read(shape)
    after = released.rows(path)
    for table, rows in before.items():
        kept = [{name: row[name] for name in rows[0]} for row in after[table]]
        assert kept == rows


@pytest.mark.parametrize("store", SINCE_0_1_0)
async def test_the_same_rows_come_up_on_postgresql(
    store: str, tmp_path: Path, postgres_database: str
) -> None:
    path = released.sqlite_file("0.1.0", store, tmp_path / "old.sqlite3")
    given = released.rows(path)
    home = PostgresHome(postgres_database, store)
    first = released.first_revision_only(history(store), tmp_path / "first")
    async with open_database(home, first) as database:
        await database.write(lambda tx: released.insert_all(tx, given))
    async with open_database(home, history(store)) as database:
        assert await database.read(lambda tx: differences(tx, store)) == []
        after = await database.read(lambda tx: released.select_all(tx, given))
        expected = await database.read(lambda tx: released.converted(tx, given))
    assert {name: sorted(map(str, rows)) for name, rows in after.items()} == {
        name: sorted(map(str, rows)) for name, rows in expected.items()
    }
