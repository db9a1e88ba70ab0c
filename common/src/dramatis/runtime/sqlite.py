"""A SQLite file as a service's store: durable transactions that never block the event loop.

WAL with synchronous=FULL: what a finished `write` did survives a kill -9 and a power cut. One
thread writes; the writes that queue up meanwhile share one transaction and so one fsync, each in
a savepoint of its own. Another thread reads, so that reads do not wait for the disk.
"""

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from dramatis.core.errors import Unavailable
from dramatis.runtime.sqlite_errors import translated

T = TypeVar("T")
Transaction = sqlite3.Connection
Work = Callable[[Transaction], T]

BUSY_SECONDS = 10.0
MAX_GROUP = 256


class Database:
    """One file: `write` and `read` run a function in a transaction of its own."""

    def __init__(
        self,
        path: Path,
        writer: sqlite3.Connection,
        reader: sqlite3.Connection,
        watcher: sqlite3.Connection,
    ) -> None:
        self.path = path
        self._writer = writer
        self._reader = reader
        self._watcher = watcher
        self._queue: queue.SimpleQueue[tuple[Work[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name=f"{path.stem}-writer")
        self._reads = ThreadPoolExecutor(1, thread_name_prefix=f"{path.stem}-reader")
        self._open = True

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
        database._thread.start()
        try:
            yield database
        finally:
            await asyncio.to_thread(database._close)

    async def write(self, work: Work[T]) -> T:
        """What `work` returns, after its changes are durable; nothing remains if it raises.

        `work` runs on the writing thread. A cancelled write may still happen.

        Raises:
            Unavailable: nothing was changed, or it is not known whether it was.
            Exception: what `work` raised.
        """
        if not self._open:
            raise Unavailable(f"{self.path.name} is closed")
        future: Future[T] = Future()
        self._queue.put((work, future))
        return await asyncio.wrap_future(future)

    async def read(self, work: Work[T]) -> T:
        """What `work` returns; it sees one consistent state, all finished writes included.

        Raises:
            Unavailable: the file cannot be read.
        """
        if not self._open:
            raise Unavailable(f"{self.path.name} is closed")
        return await asyncio.get_running_loop().run_in_executor(self._reads, self._read, work)

    def version(self) -> int:
        """A number that is another one after any process has written. Microseconds, no waiting.

        Cheap enough to ask often on the event loop: it looks at shared memory only.
        """
        try:
            return int(self._watcher.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.OperationalError:
            return -1  # busy or broken: `read` will tell

    def _read(self, work: Work[T]) -> T:
        with translated(self.path):
            self._reader.execute("BEGIN")
            try:
                return work(self._reader)
            finally:
                _rollback(self._reader)

    def _write_all(self) -> None:
        """The writing thread: takes what is queued, until None."""
        while (first := self._queue.get()) is not None:
            group, last = [first], False
            with suppress(queue.Empty):
                while len(group) < MAX_GROUP and not last:
                    item = self._queue.get_nowait()
                    if item is None:
                        last = True
                    else:
                        group.append(item)
            self._write_group([(work, to) for work, to in group if _starts(to)])
            if last:
                return

    def _write_group(self, group: Sequence[tuple[Work[Any], Future[Any]]]) -> None:
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with translated(self.path):
                self._writer.execute("BEGIN IMMEDIATE")
                for work, future in group:
                    outcomes.append((future, *self._attempt(work)))
                self._writer.execute("COMMIT")
        except BaseException as error:
            _rollback(self._writer)
            outcomes = [(future, None, error) for _, future in group]
        for future, result, failure in outcomes:
            if failure is None:
                future.set_result(result)
            else:
                future.set_exception(failure)

    def _attempt(self, work: Work[T]) -> tuple[T | None, Exception | None]:
        """Runs work in a savepoint; raises only what spoils the whole transaction."""
        self._writer.execute("SAVEPOINT work")
        try:
            with translated(self.path):
                result = work(self._writer)
        except Exception as error:
            if not self._writer.in_transaction:  # SQLite has rolled all of it back
                raise
            self._writer.execute("ROLLBACK TO work")
            self._writer.execute("RELEASE work")
            return None, error
        self._writer.execute("RELEASE work")
        return result, None

    def _close(self) -> None:
        self._open = False
        self._queue.put(None)
        self._thread.join()
        self._reads.shutdown()
        self._reader.close()
        self._watcher.close()
        self._writer.close()


def _starts(future: "Future[Any]") -> bool:
    return future.set_running_or_notify_cancel()


def _rollback(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _connect(
    path: Path, migrations: Sequence[str]
) -> tuple[sqlite3.Connection, sqlite3.Connection, sqlite3.Connection]:
    """One connection to write, one to read, one to watch for others' writes."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"cannot make the folder {path.parent}: {error.strerror}; set DRAMATIS_STATE_DIR to a "
            "folder that this process may write to",
            reason="CANNOT_OPEN",
        ) from error
    with translated(path):
        writer = _connection(path)
        try:
            _until_free(lambda: writer.execute("PRAGMA journal_mode = WAL"))
            _migrate(writer, path, migrations)
            reader = _connection(path)
            watcher = _connection(path)
        except BaseException:
            writer.close()
            raise
        reader.execute("PRAGMA query_only = ON")
        watcher.execute("PRAGMA busy_timeout = 0")  # it is asked on the event loop: never waits
        return writer, reader, watcher


def _connection(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_size_limit = 67108864")
    return connection


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
        _rollback(connection)


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
