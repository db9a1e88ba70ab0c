"""A CSV file as rows."""

import csv
from collections.abc import Iterator
from pathlib import Path

from dramatis.cli.backtest.csv_table import delimiter_of
from dramatis.cli.bulk.lines import Lines
from dramatis.cli.bulk.rows import Place, Row
from dramatis.core.errors import Invalid


class CsvSource:
    """A CSV with a header; offsets are bytes.

    Args:
        path: the file.
        delimiter: between cells; "" to find it in the header.
        encoding: of the text.

    Raises:
        Invalid: it cannot be read, has no header, or a column twice.
    """

    def __init__(self, path: Path, delimiter: str, encoding: str) -> None:
        self._path, self._encoding = path, encoding
        try:
            self.size = path.stat().st_size
            with path.open("rb") as file:
                lines = Lines(file, encoding)
                first = next((line for line in lines if line.strip()), "")
        except OSError as error:
            raise Invalid(f"{path}: cannot be read: {error.strerror}") from None
        if not first or lines.fault or "\0" in first:
            raise Invalid(f"{path}: expected a header line in {encoding}")
        self._delimiter = delimiter or delimiter_of(first)
        self.columns = tuple(
            c.strip() for c in next(csv.reader([first], delimiter=self._delimiter))
        )
        self._begin = Place(0, lines.number, lines.offset)
        twice = sorted({name for name in self.columns if name and self.columns.count(name) > 1})
        if twice:
            raise Invalid(f"{path}:1: the header has {', '.join(map(repr, twice))} more than once")

    def rows(self, start: Place) -> Iterator[Row]:
        """See `Source`."""
        begin = start if start.row else self._begin
        with self._path.open("rb") as file:
            file.seek(begin.offset)
            lines = Lines(file, self._encoding, begin.offset, begin.line)
            reader = csv.reader(lines, delimiter=self._delimiter)
            number, line = begin.row, begin.line + 1
            try:
                for cells in reader:
                    if cells:
                        number += 1
                        yield self._row(
                            Place(number, lines.number, lines.offset), line, cells, lines
                        )
                    line, lines.fault = lines.number + 1, ""
            except csv.Error as error:
                hint = "; is a quote never closed?" if "limit" in str(error) else ""
                raise Invalid(f"{self._path}:{line}: not a CSV: {error}{hint}") from None

    def _row(self, place: Place, line: int, cells: list[str], lines: Lines) -> Row:
        if lines.fault:
            return Row(place, line, fault=lines.fault)
        if len(cells) != len(self.columns):
            several = f" over {place.line - line + 1} lines" if place.line > line else ""
            detail = f"{len(cells)} cells{several}, expected {len(self.columns)}"
            return Row(place, line, fault="wrong_cell_count", detail=detail)
        return Row(place, line, dict(zip(self.columns, cells, strict=True)))
