"""Rows made into messages, in chunks that a call can carry."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from dramatis.cli.backtest.csv_table import shorten
from dramatis.cli.bulk.cells import Unreadable
from dramatis.cli.bulk.ports import Chunk, Maker, Reject
from dramatis.cli.bulk.rows import Place, Row

ROWS: Final = 1_000
BYTES: Final = 1 << 20
"""A chunk ends after so many of either; a call may have four times the bytes."""


@dataclass
class _Open:
    """A chunk in the making."""

    number: int
    size: int = 0
    seen: int = 0
    rows: list[Row] = field(default_factory=list)
    items: list[Any] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def add(self, row: Row, maker: Maker) -> None:
        self.seen += 1
        try:
            item = _made(row, maker)
        except Unreadable as error:
            self.rejects.append(_reject(row, error))
            return
        if item is not None:
            self.rows.append(row)
            self.items.append(item)
            self.size += item.ByteSize()

    def close(self, end: Place) -> Chunk:
        skipped = self.seen - len(self.rows) - len(self.rejects)
        return Chunk(self.number, end, self.rows, self.items, self.rejects, skipped)


def chunked(rows: Iterator[Row], maker: Maker) -> Iterator[Chunk]:
    """Yields the rows in chunks; where a chunk begins, the next ones are always the same."""
    chunk: _Open | None = None
    place = Place()
    for row in rows:
        chunk, place = chunk or _Open(row.place.row), row.place
        chunk.add(row, maker)
        if chunk.seen >= ROWS or chunk.size >= BYTES:
            yield chunk.close(place)
            chunk = None
    if chunk:
        yield chunk.close(place)


def _made(row: Row, maker: Maker) -> Any:
    if row.fault:
        raise Unreadable("", row.fault, row.detail)
    item = maker.make(row)
    if item is not None and item.ByteSize() > BYTES:
        raise Unreadable("", "too_large", f"{item.ByteSize()} bytes")
    return item


def _reject(row: Row, error: Unreadable) -> Reject:
    value = shorten(str(error.value)) if error.value != "" else ""
    message = error.reason.replace("_", " ") + (f": {value}" if value else "")
    return Reject(row.place.row, row.line, error.column, error.reason, message)
