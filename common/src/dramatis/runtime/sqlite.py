"""A SQLite file without anything between: for the embedded log, and what must start in no time."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from dramatis.core.errors import Unavailable
from dramatis.runtime import transactions
from dramatis.runtime.sqlite_errors import translated
from dramatis.runtime.sqlite_session import (
    SqliteSession,
    connect,
    connect_reader,
    connect_writer,
    roll_back,
)

Transaction = sqlite3.Connection


class Database(transactions.Database[Transaction]):
    """One file: `write` and `read` run a function in a transaction."""

    def __init__(
        self,
        path: Path,
        writer: sqlite3.Connection,
        reader: sqlite3.Connection,
        watcher: sqlite3.Connection,
    ) -> None:
        sessions = [SqliteSession(path, each, each) for each in (writer, reader)]
        super().__init__(path.name, sessions[0], sessions[1:])
        self._watcher = watcher

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path, migrations: Sequence[str]) -> AsyncIterator["Database"]:
        """Opens the file, makes it if missing and applies the migrations that it lacks.

        Args:
            path: the file; its folder is made too.
            migrations: SQL scripts; number i brings the file from version i to i + 1. Add to the
                end, never change one that was released.

        Raises:
            Unavailable: the file cannot be used; the message says what to do.
        """
        connections = await asyncio.to_thread(_connect, path, migrations)
        database = cls(path, *connections)
        try:
            yield database
        finally:
            await asyncio.to_thread(database.close)

    def version(self) -> int:
        """A number that is another one after any process has written. Microseconds, no waiting.

        Cheap enough to ask often on the event loop: it looks at shared memory only.
        """
        try:
            return int(self._watcher.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.OperationalError:
            return -1  # busy or broken: `read` will tell

    def close(self) -> None:
        """See the base class."""
        super().close()
        self._watcher.close()


def _connect(
    path: Path, migrations: Sequence[str]
) -> tuple[sqlite3.Connection, sqlite3.Connection, sqlite3.Connection]:
    """One connection to write, one to read, one to watch for others' writes."""
    with translated(path):
        writer = connect_writer(path)
        try:
            _migrate(writer, path, migrations)
            reader = connect_reader(path)
            watcher = connect(path)
        except BaseException:
            writer.close()
            raise
        watcher.execute("PRAGMA busy_timeout = 0")  # it is asked on the event loop: never waits
        return writer, reader, watcher


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    if _version(connection) == len(migrations):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > len(migrations):
            raise Unavailable(
                f"{path.name} was written by a newer release (version {version}, this one knows "
                f"{len(migrations)}); install that release, or use another folder",
                reason="NEWER_FILE",
            )
        for script in migrations[version:]:
            for statement in _statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    finally:
        roll_back(connection)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Sequence[str]:
    """The statements of a script; `executescript` would commit between them."""
    statements, text = [], ""
    for piece in script.split(";"):
        text += piece + ";"
        if sqlite3.complete_statement(text):
            statements.append(text)
            text = ""
    return [statement for statement in statements if statement.strip(" \n\t;")]
