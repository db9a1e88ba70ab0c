"""A file of JSON objects, one a line, as rows."""

import json
from collections.abc import Iterator
from pathlib import Path

from dramatis.cli.bulk.lines import Lines
from dramatis.cli.bulk.rows import Place, Row
from dramatis.core.errors import Invalid


class JsonlSource:
    """JSON Lines; offsets are bytes.

    Raises:
        Invalid: it cannot be read.
    """

    columns: tuple[str, ...] = ()

    def __init__(self, path: Path, encoding: str) -> None:
        self._path, self._encoding = path, encoding
        try:
            self.size = path.stat().st_size
            path.open("rb").close()
        except OSError as error:
            raise Invalid(f"{path}: cannot be read: {error.strerror}") from None

    def rows(self, start: Place) -> Iterator[Row]:
        """See `Source`."""
        with self._path.open("rb") as file:
            file.seek(start.offset)
            lines = Lines(file, self._encoding, start.offset, start.line)
            number = start.row
            for text in lines:
                if text.strip() or lines.fault:
                    number += 1
                    place = Place(number, lines.number, lines.offset)
                    yield _row(place, lines.number, text, lines.fault)
                    lines.fault = ""


def _row(place: Place, line: int, text: str, fault: str) -> Row:
    if fault:
        return Row(place, line, fault=fault)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Row(place, line, fault="not_json", detail=str(error))
    if not isinstance(value, dict):
        return Row(place, line, fault="not_an_object", detail=type(value).__name__)
    return Row(place, line, value)
