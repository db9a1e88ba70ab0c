"""The file of rows that were not accepted: CSV, or JSON Lines where its name says so."""

import csv
import fcntl
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, astuple
from pathlib import Path
from typing import TextIO

from dramatis.cli.bulk.ports import Reject
from dramatis.core.errors import Conflict, Invalid

HEADER = ("row", "line", "field", "reason", "message")


class RejectsFile:
    """Appends rejects."""

    def __init__(self, file: TextIO, *, lines: bool) -> None:
        self._file, self._lines = file, lines

    @classmethod
    @contextmanager
    def open(cls, path: Path, keep_bytes: int) -> Iterator["RejectsFile"]:
        """The file with its first bytes kept; a second run at the same time is refused.

        Raises:
            Invalid: it cannot be written.
            Conflict: another run has it open.
        """
        try:
            path.touch()
            with path.open("r+", encoding="utf-8", newline="") as file:
                _lock(file, path)
                file.truncate(keep_bytes)
                file.seek(0, 2)
                made = cls(file, lines=path.suffix == ".jsonl")
                if not file.tell() and not made._lines:
                    csv.writer(file).writerow(HEADER)
                yield made
        except OSError as error:
            told = f"{path}: cannot be written: {error.strerror}; name another with --rejects"
            raise Invalid(told) from None

    def write(self, rejects: Iterable[Reject]) -> int:
        """Appends them; returns how long the file is then."""
        if self._lines:
            self._file.writelines(json.dumps(asdict(each)) + "\n" for each in rejects)
        else:
            csv.writer(self._file).writerows(astuple(each) for each in rejects)
        self._file.flush()
        return self._file.tell()


def _lock(file: TextIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Conflict(f"{path}: another run is at work on this file") from None
