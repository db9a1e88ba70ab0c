"""What SQLite's failures mean to an operator: each becomes Unavailable with what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dramatis.core.errors import Unavailable

# Primary result code: reason, what happened, what to do. https://www.sqlite.org/rescode.html
_ADVICE = {
    sqlite3.SQLITE_FULL: ("DISK_FULL", "the disk is full", "free some space, then try again"),
    sqlite3.SQLITE_READONLY: (
        "READ_ONLY",
        "the file or its folder is read-only",
        "give this process the right to write, or set DRAMATIS_STATE_DIR to another folder",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "CANNOT_OPEN",
        "the file cannot be opened",
        "see that the folder exists, that this process may write there and that space is left",
    ),
    sqlite3.SQLITE_PERM: ("NO_PERMISSION", "access is denied", "check who owns the file"),
    sqlite3.SQLITE_IOERR: (
        "IO_ERROR",
        "the disk failed to read or write",
        "check free space, quota and the disk itself",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "CORRUPT",
        "the file is damaged",
        "stop the services, move it away and restore it from a backup",
    ),
    sqlite3.SQLITE_NOTADB: (
        "NOT_A_DATABASE",
        "the file is not an SQLite database",
        "move it away, or set DRAMATIS_STATE_DIR to another folder",
    ),
    sqlite3.SQLITE_BUSY: ("BUSY", "another process is writing", "try again"),
    sqlite3.SQLITE_PROTOCOL: ("BUSY", "other processes hold its locks", "try again"),
    sqlite3.SQLITE_LOCKED: ("BUSY", "another connection is writing", "try again"),
}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns what the world does to a file into Unavailable; our own mistakes pass unchanged."""
    try:
        yield
    except Exception as error:
        cause = getattr(error, "orig", error)  # SQLAlchemy's errors hold the driver's
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        if code not in _ADVICE:
            raise
        reason, what, advice = _ADVICE[code]
        raise Unavailable(
            f"{path.name}: {what}; {advice}", reason=reason, file=path.name
        ) from error
