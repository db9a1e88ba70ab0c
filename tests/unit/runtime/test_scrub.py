"""What was deleted is in no byte of the file."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dramatis.runtime import scrub
from dramatis.runtime.scrub import Scrubber

CANARY = "canary-4711"


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """A file in use, from which a row was deleted."""
    path = tmp_path / "store.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 3")
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)")
        for number in range(500):
            connection.execute(
                "INSERT INTO t (text) VALUES (?)", (f"{CANARY}-{number}-" + "x" * 100,)
            )
        connection.execute("DELETE FROM t WHERE id % 3 <> 0")
        connection.execute("UPDATE t SET text = 'somebody else'")
        assert holds(path)
        yield path


def holds(path: Path) -> bool:
    return any(CANARY.encode() in each.read_bytes() for each in path.parent.iterdir())


def test_nothing_is_left(path: Path) -> None:
    assert scrub.scrub(path)
    assert not holds(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (166,)


async def test_while_somebody_reads_it_is_tried_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scrub, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(scrub, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(scrub, "SHARE", 0.5)
    scrubber = Scrubber(path)
    running = asyncio.create_task(scrubber.run())
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM t").fetchone()
        scrubber.want()
        await asyncio.sleep(0.3)
        assert holds(path)
        reader.execute("COMMIT")
        async with asyncio.timeout(10):
            while holds(path):
                await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
