"""Deleted bytes leave an SQLite file for good: no free page and no log of pages keeps them.

SQLite deletes by forgetting where something was. Once in a while after deletions the file is
written anew, and its write-ahead log emptied.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Final

import structlog

from dramatis.runtime.home import Home, SqliteHome

PAUSE_SECONDS: Final = 2.0
"""So long other deletions are waited for, to be scrubbed together."""
SHARE: Final = 0.05
"""Of the time at most this much is spent on it, however large the file."""
BUSY_SECONDS: Final = 5.0

_logger = structlog.get_logger(__name__)


class Scrubber:
    """Scrubs one file after it was told to, in a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._wanted = asyncio.Event()

    def want(self) -> None:
        """Says that something was deleted that must leave the file."""
        self._wanted.set()

    async def run(self) -> None:
        """Scrubs whenever that is wanted, until cancelled; tries again while others are reading."""
        while True:
            await self._wanted.wait()
            await asyncio.sleep(PAUSE_SECONDS)
            self._wanted.clear()
            start = time.monotonic()
            try:
                done = await asyncio.to_thread(scrub, self._path)
            except sqlite3.Error as error:
                _logger.warning("not scrubbed", file=self._path.name, error=type(error).__name__)
                done = False
            if not done:
                self._wanted.set()
            await asyncio.sleep((time.monotonic() - start) / SHARE)


@asynccontextmanager
async def scrubbing(home: Home) -> AsyncIterator[Callable[[], None]]:
    """What to call when something was deleted that must leave the store for good.

    In PostgreSQL nothing needs to be done: it writes over what it has vacuumed, in its own time.
    """
    if not isinstance(home, SqliteHome):
        yield lambda: None
        return
    scrubber = Scrubber(home.path)
    running = asyncio.create_task(scrubber.run(), name=f"scrubbing {home.name}")
    try:
        yield scrubber.want
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def scrub(path: Path) -> bool:
    """Writes the file anew without what was deleted; returns whether nothing is left of that.

    Others may use the file; while one of them reads, its log of pages cannot be emptied yet.

    Raises:
        sqlite3.Error: it could not be done.
    """
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("VACUUM")
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
