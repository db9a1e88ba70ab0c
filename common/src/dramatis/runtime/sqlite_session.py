"""A connection to an SQLite file, as a session of the machine that runs transactions.

WAL with synchronous=FULL: what a finished `write` did survives a kill -9 and a power cut.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from dramatis.core.errors import Unavailable
from dramatis.runtime.sqlite_errors import translated
from dramatis.runtime.transactions import Outcome, Work

T = TypeVar("T")
Tx = TypeVar("Tx")

BUSY_SECONDS = 10.0
CACHE_KIB = 64 << 10
"""Pages that the writer keeps: what does not fit is written before its transaction ends."""


class SqliteSession(Generic[Tx]):
    """See `Session`. Its transactions are begun and ended here, whatever the works see of them."""

    def __init__(self, path: Path, connection: sqlite3.Connection, tx: Tx) -> None:
        """Makes it of an open connection.

        Args:
            path: the file, for messages.
            connection: to the file, in autocommit mode.
            tx: what works are given: the connection itself, or something that speaks through it.
        """
        self._path = path
        self._connection = connection
        self._tx = tx

    def write(self, works: Sequence[Work[Tx, Any]]) -> Sequence[Outcome]:
        """See `Session`. Each work has a savepoint of its own."""
        try:
            with translated(self._path):
                self._connection.execute("BEGIN IMMEDIATE")
                outcomes = [self._attempt(work) for work in works]
                self._connection.execute("COMMIT")
            return outcomes
        except BaseException as error:
            roll_back(self._connection)
            return [Outcome(error=error)] * len(works)

    def _attempt(self, work: Work[Tx, Any]) -> Outcome:
        """Runs work in a savepoint; raises only what spoils the whole transaction."""
        self._connection.execute("SAVEPOINT work")
        try:
            with translated(self._path):
                result = work(self._tx)
        except Exception as error:
            if not self._connection.in_transaction:  # SQLite has rolled all of it back
                raise
            self._connection.execute("ROLLBACK TO work")
            self._connection.execute("RELEASE work")
            return Outcome(error=error)
        self._connection.execute("RELEASE work")
        return Outcome(result)

    def read(self, work: Work[Tx, T]) -> T:
        """See `Session`."""
        with translated(self._path):
            self._connection.execute("BEGIN")
            try:
                return work(self._tx)
            finally:
                roll_back(self._connection)

    def close(self) -> None:
        """See `Session`."""
        self._connection.close()


def connect(path: Path) -> sqlite3.Connection:
    """A connection that commits durably and that any thread may use.

    Raises:
        sqlite3.Error: the file cannot be used; see `translated`.
    """
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    connection = connect(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


def connect_writer(path: Path) -> sqlite3.Connection:
    """The first connection: makes folder and file, and turns on the write-ahead log.

    Raises:
        Unavailable: the folder cannot be made.
        sqlite3.Error: the file cannot be used; see `translated`.
    """
    make_folder(path.parent)
    connection = connect(path)
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    try:
        _until_free(lambda: connection.execute("PRAGMA journal_mode = WAL"))
    except BaseException:
        connection.close()
        raise
    return connection


def make_folder(folder: Path) -> None:
    """Makes the folder of a file, unless it is there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"cannot make the folder {folder}: {error.strerror}; set DRAMATIS_STATE_DIR to a "
            "folder that this process may write to",
            reason="CANNOT_OPEN",
        ) from error


def roll_back(connection: sqlite3.Connection) -> None:
    """Ends the transaction, if there is one."""
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _until_free(act: Callable[[], object]) -> None:
    """Tries until no other process holds the file: here SQLite does not wait by itself."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            act()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
