"""Rows of a file, one after the other, from any place in it: memory does not grow with the file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from dramatis.core.errors import Invalid

FORMATS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv",
    ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """The end of a row.

    Attributes:
        row: its number, from 1; 0 for the beginning of the data.
        line: of the file, on which the next row begins, from 1; 0 where there are no lines.
        offset: where the next row begins, in the source's own units.
    """

    row: int = 0
    line: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        place: where it ends.
        line: on which it begins; 0 where there are no lines.
        cells: by column; text in a CSV, whatever the format knows elsewhere.
        fault: why it cannot be used as a whole, lower_snake_case; "" if nothing is wrong.
        detail: what is wrong in words.
    """

    place: Place
    line: int
    cells: Mapping[str, object] = field(default_factory=dict)
    fault: str = ""
    detail: str = ""


class Source(Protocol):
    """One file."""

    @property
    def columns(self) -> Sequence[str]:
        """Names of the columns; empty where each row may have its own."""

    @property
    def size(self) -> int:
        """The offset of its end."""

    def rows(self, start: Place) -> Iterator[Row]:
        """Yields the rows after a place.

        Raises:
            Invalid: from here on the file cannot be read.
        """


def format_of(path: Path) -> str:
    """The format that the name of a file says.

    Raises:
        Invalid: none that is known.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        packed = " Unpack it first." if suffix in {".gz", ".zst", ".zip", ".bz2", ".xz"} else ""
        raise Invalid(f"{path}: expected a file called {', '.join(FORMATS)}.{packed}")
    return FORMATS[suffix]
