"""Parts of an export: one file per day and part, whole or not there."""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

SUFFIX: Final = ".parquet"
_NEW: Final = ".new"

Rows = Mapping[date, Sequence[Mapping[str, Any]]]
"""Rows by the day on which they happened."""


class Batch:
    """Rows of one part, column by column, until they are written."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._days: dict[date, dict[str, list[Any]]] = defaultdict(
            lambda: {name: [] for name in schema.names}
        )
        self.rows = 0

    def add(self, day: date, row: Mapping[str, Any]) -> None:
        """Adds a row; a column that it lacks is null."""
        for name, values in self._days[day].items():
            values.append(row.get(name))
        self.rows += 1

    def write(self, folder: Path, number: int) -> None:
        """Writes a file per day; afterwards all of them are durable."""
        for day, columns in sorted(self._days.items()):
            table = pa.table(columns, schema=self._schema)
            write(folder / f"day={day.isoformat()}" / f"part-{number:08d}{SUFFIX}", table)


def write(path: Path, table: pa.Table) -> None:
    """Puts a table into a file, in place of what was there; never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(_NEW)
    with new.open("wb") as file:
        pq.write_table(table, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def files(folder: Path) -> Iterator[Path]:
    """Yields the files of all parts, day by day."""
    yield from sorted(folder.glob(f"day=*/part-*{SUFFIX}"))


def drop_from(folder: Path, number: int) -> None:
    """Removes what a run left behind that ended before it said how far it was."""
    for path in files(folder):
        if int(path.stem.removeprefix("part-")) >= number:
            path.unlink()
    for path in folder.glob(f"day=*/*{_NEW}"):
        path.unlink()
