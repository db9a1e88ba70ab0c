import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dramatis.core.errors import Invalid, Unavailable
from dramatis.runtime import sqlite_positions as positions
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sqlite import Database, Transaction

TABLE = "CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL DEFAULT 0); "
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def insert(tx: Transaction, name: str) -> None:
    tx.execute("INSERT INTO counts (name) VALUES (?)", (name,))


def names(tx: Transaction) -> list[str]:
    return [name for (name,) in tx.execute("SELECT name FROM counts ORDER BY name")]


async def test_writes_are_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "store.sqlite3"
    async with Database.open(path, [TABLE]) as database:
        await database.write(lambda tx: insert(tx, "a"))
        assert await database.read(names) == ["a"]
    async with Database.open(path, [TABLE, "ALTER TABLE counts ADD COLUMN note TEXT;"]) as database:
        assert await database.read(names) == ["a"]
    with pytest.raises(Unavailable, match="newer release"):
        async with Database.open(path, [TABLE]):
            pass


async def test_is_as_durable_as_promised(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "s", [TABLE]) as database:
        pragmas = ["journal_mode", "synchronous"]
        found = [
            database._writer._connection.execute(f"PRAGMA {each}").fetchone()[0] for each in pragmas
        ]
    assert found == ["wal", 2]


async def test_opening_waits_while_another_process_holds_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with Database.open(path, [TABLE]):
        pass
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    asyncio.get_running_loop().call_later(0.3, other.close)
    async with Database.open(path, [TABLE]) as database:
        assert await database.read(names) == []


async def test_one_failing_write_leaves_its_group_alone(tmp_path: Path) -> None:
    def fail(tx: Transaction) -> None:
        insert(tx, "half")
        raise Invalid("no")

    async with Database.open(tmp_path / "s", [TABLE]) as database:
        works = [database.write(lambda tx, n=n: insert(tx, f"n{n}")) for n in range(5)]
        works.insert(2, database.write(fail))
        outcomes = await asyncio.gather(*works, return_exceptions=True)
        assert [type(each) for each in outcomes].count(Invalid) == 1
        assert await database.read(names) == [f"n{n}" for n in range(5)]
        with pytest.raises(sqlite3.IntegrityError):
            await database.write(lambda tx: insert(tx, "n1"))


async def test_writes_that_wait_share_a_transaction(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "s", [TABLE]) as database:
        begun: list[str] = []
        database._writer._connection.set_trace_callback(begun.append)
        await asyncio.gather(
            *(database.write(lambda tx, n=n: insert(tx, str(n))) for n in range(200))
        )
        assert sum(each.startswith("COMMIT") for each in begun) < 50
        assert len(await database.read(names)) == 200


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "s", [TABLE]) as database:
        with pytest.raises(Unavailable, match="read-only"):
            await database.read(lambda tx: insert(tx, "a"))


async def test_closed_is_unavailable(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "s", [TABLE]) as database:
        pass
    with pytest.raises(Unavailable, match="closed"):
        await database.write(lambda tx: insert(tx, "a"))


async def test_a_failed_migration_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        async with Database.open(tmp_path / "s", [TABLE + "CREATE NONSENSE;"]):
            pass
    async with Database.open(tmp_path / "s", [TABLE]) as database:
        assert await database.read(names) == []


async def test_positions_only_move_forward(tmp_path: Path) -> None:
    async with Database.open(tmp_path / "s", [positions.SCHEMA]) as database:
        token = LogToken({("t", 0): 5, ("t", 1): 2})
        await database.write(lambda tx: positions.save(tx, "g", token))
        await database.write(lambda tx: positions.save(tx, "g", LogToken({("t", 0): 3})))
        assert await database.read(lambda tx: positions.load(tx, "g")) == token
        assert await database.read(lambda tx: positions.load(tx, "h")) == LogToken()
