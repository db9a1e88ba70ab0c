"""A CSV file as rows of text, whatever its encoding, delimiter and line ends."""

import csv
import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dramatis.core.errors import Invalid

DELIMITERS = (",", ";", "\t")
SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class Rejection:
    """One row that cannot be used.

    Attributes:
        line: in the file, from 1; where the row begins.
        column: at fault, or "" for the row as a whole.
        reason: lower_snake_case, counted in the report.
        value: of the cell, shortened.
    """

    line: int
    column: str
    reason: str
    value: str


@dataclass(frozen=True)
class Table:
    """Rows of one file that have as many cells as the header.

    Attributes:
        header: column names, stripped.
        rows: cells as text.
        lines: where each row begins in the file.
        rejected: rows of another shape.
        notes: what the reader should know about the file, in sentences.
    """

    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    lines: Sequence[int]
    rejected: tuple[Rejection, ...]
    notes: tuple[str, ...]


def shorten(value: str) -> str:
    """The value on one line, cut to a readable length."""
    flat = " ".join(value.split())
    return flat if len(flat) <= SHOWN_CHARACTERS else flat[: SHOWN_CHARACTERS - 3] + "..."


def read(path: Path) -> Table:
    """The table in `path`.

    Raises:
        Invalid: the file cannot be read, is empty, has no rows, or its header is unusable.
    """
    text, notes = _decode(path)
    if not text.strip():
        raise Invalid(f"{path}: the file is empty; expected a header line and rows")
    delimiter = delimiter_of(text)
    if delimiter != ",":
        notes.append(f"cells are separated by {delimiter!r}")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header: tuple[str, ...] = ()
    rows: list[list[str]] = []
    lines: list[int] = []
    rejected: list[Rejection] = []
    begins = last = 1
    try:
        for row in reader:
            last = begins
            if not row:
                pass
            elif not header:
                header = tuple(name.strip() for name in row)
            elif len(row) != len(header):
                fault = f"{len(row)} cells, expected {len(header)}"
                rejected.append(Rejection(begins, "", "wrong_cell_count", fault))
            elif row[0].strip() == header[0] and tuple(c.strip() for c in row) == header:
                rejected.append(Rejection(begins, "", "second_header", shorten(",".join(row))))
            else:
                rows.append(row)
                lines.append(begins)
            begins = reader.line_num + 1
    except csv.Error as error:
        hint = "; is a quote never closed?" if "limit" in str(error) else ""
        raise Invalid(f"{path}:{begins}: not a CSV: {error}{hint}") from error
    _check_quotes(path, text, delimiter, last, reader.line_num)
    _check_header(path, header)
    if not rows:
        raise Invalid(f"{path}: a header line and no rows of {len(header)} cells")
    return Table(header, rows, lines, tuple(rejected), tuple(notes))


def _decode(path: Path) -> tuple[str, list[str]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror}") from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace"), ["read as UTF-16"]
    if b"\0" in raw[:4096] or raw.startswith((b"PK\x03\x04", b"\x1f\x8b", b"PAR1")):
        raise Invalid(f"{path}: is not a text file; expected CSV (unpacked)")
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return raw.decode("latin-1"), ["not UTF-8: read as Latin-1"]


def delimiter_of(text: str) -> str:
    """The candidate that cuts the first line into the most cells; a comma when none does."""
    first = next(line for line in text.splitlines() if line.strip())
    return max(DELIMITERS, key=lambda d: len(next(csv.reader([first], delimiter=d))))


def _check_quotes(path: Path, text: str, delimiter: str, first: int, last: int) -> None:
    """Refuses a file whose last row swallowed other lines through a quote that nothing closes."""
    if last == first:
        return
    rest = itertools.islice(io.StringIO(text, newline=""), first - 1, None)
    try:
        list(csv.reader(rest, delimiter=delimiter, strict=True))
    except csv.Error as error:
        if "end of data" in str(error):
            raise Invalid(
                f"{path}:{first}: a quote in this row is never closed: all up to line {last} "
                "would be one cell"
            ) from error


def _check_header(path: Path, header: tuple[str, ...]) -> None:
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise Invalid(f"{path}:1: the header has {', '.join(map(repr, twice))} more than once")
