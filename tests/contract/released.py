"""The databases that releases have left: `tests/releases/<release>/<service>.sql`."""

import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

RELEASES = Path(__file__).parents[1] / "releases"
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def sqlite_file(release: str, service: str, path: Path) -> Path:
    """A file as the release left it."""
    with sqlite3.connect(path) as file:
        file.executescript((RELEASES / release / f"{service}.sql").read_text())
        file.execute("PRAGMA journal_mode = WAL")
    file.close()
    return path


def rows(path: Path) -> Rows:
    """All that is in a file, by table; each row by column."""
    file = sqlite3.connect(path)
    file.row_factory = sqlite3.Row
    names = [
        name
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if name != "alembic_version" and not name.startswith("sqlite_")
    ]
    found = {name: [dict(row) for row in file.execute(f"SELECT * FROM {name}")] for name in names}
    file.close()
    return found


def first_revision_only(history: Path, folder: Path) -> Path:
    """A history that ends where release 0.1.0 was."""
    folder.mkdir()
    (first,) = history.glob("v0001_*.py")
    shutil.copy(first, folder)
    return folder


def insert_all(tx: sa.Connection, given: Rows) -> None:
    """Puts a file's rows into the same tables of PostgreSQL."""
    tables = sa.MetaData()
    tables.reflect(tx, only=list(given))
    for table in tables.sorted_tables:
        if these := given[table.name]:
            tx.execute(sa.insert(table), list(_converted(table, these)))


def select_all(tx: sa.Connection, given: Rows) -> Rows:
    """What PostgreSQL holds in these tables and columns, as a file would hold it."""
    found = {}
    for name, these in given.items():
        table = sa.Table(name, sa.MetaData(), autoload_with=tx)
        columns = [table.c[column] for column in (these[0] if these else ())]
        found[name] = [dict(row) for row in tx.execute(sa.select(*columns)).mappings()]
    return found


def converted(tx: sa.Connection, given: Rows) -> Rows:
    """A file's rows with the types that PostgreSQL has for them."""
    tables = {name: sa.Table(name, sa.MetaData(), autoload_with=tx) for name in given}
    return {name: list(_converted(tables[name], these)) for name, these in given.items()}


def _converted(table: sa.Table, these: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for row in these:
        yield {name: _value(table.c[name].type, value) for name, value in row.items()}


def _value(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    if isinstance(kind, sa.DateTime) and isinstance(value, float):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(kind, sa.DateTime) and value is not None:
        return datetime.fromisoformat(value)
    if isinstance(kind, sa.Boolean):
        return bool(value)
    return value


def is_part(name: str) -> bool:
    """Whether a table is one of the parts of another."""
    return re.fullmatch(r".*_p\d\d", name) is not None
