"""Both event logs keep the contract; SQLite's also survives what only a file can meet."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dramatis.core.errors import Unavailable
from dramatis.runtime.event_log import EventLog
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.memory_log import MemoryLog
from dramatis.runtime.sqlite_log import SqliteLog
from dramatis.runtime.topics import Topic
from tests.contract.event_log_suite import EventLogSuite, new, nothing_applied

WRITER = """
import asyncio, sys
from pathlib import Path
from dramatis.core.errors import Unavailable
from dramatis.runtime.event_log import NewRecord
from dramatis.runtime.sqlite_log import SqliteLog

async def main(path, name, count, size):
    async with SqliteLog.open(Path(path)) as log:
        for number in range(int(count)):
            record = NewRecord("recipient-events", name, f"{name}-{number}", bytes(int(size)))
            try:
                await log.append([record])
            except Unavailable as error:
                print("error", error.reason, error.message, flush=True)
                return
            print(record.event_id, flush=True)
asyncio.run(main(*sys.argv[1:]))
"""


def writer(
    path: Path, name: str, count: int, size: int = 10, before: str = ""
) -> "subprocess.Popen[str]":
    script = textwrap.dedent(before) + WRITER
    arguments = [sys.executable, "-c", script, str(path), name, str(count), str(size)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


async def ids(path: Path) -> list[str]:
    async with SqliteLog.open(path) as log:
        end = await log.end(["recipient-events"])
        async with log.tail(["recipient-events"]) as tail:
            found = []
            while not tail.position.covers(end):
                found += [record.event_id for record in await tail.poll(1000, 0)]
    return found


class TestMemoryLog(EventLogSuite):
    @pytest.fixture
    async def log(self) -> EventLog:
        return MemoryLog()


class TestSqliteLog(EventLogSuite):
    @pytest.fixture
    async def log(self, tmp_path: Path) -> AsyncIterator[EventLog]:
        async with SqliteLog.open(tmp_path / "log.sqlite3") as log:
            yield log

    async def test_reopened_it_goes_on_where_it_was(self, tmp_path: Path) -> None:
        path = tmp_path / "sub" / "log.sqlite3"
        async with SqliteLog.open(path) as log:
            first = await log.append([new("k", "1")])
        async with SqliteLog.open(path) as log:
            second = await log.append([new("k", "2")])
        assert second[0].offset == first[0].offset + 1
        assert await ids(path) == ["1", "2"]

    async def test_what_was_acked_survives_a_kill(self, tmp_path: Path) -> None:
        path = tmp_path / "log.sqlite3"
        process = writer(path, "w", 100_000)
        assert process.stdout
        acked = [process.stdout.readline().strip() for _ in range(200)]
        os.kill(process.pid, signal.SIGKILL)
        acked += process.communicate()[0].split("\n")[:-1]
        found = await ids(path)
        assert found[: len(acked)] == acked
        assert len(found) <= len(acked) + 1

    async def test_several_processes_share_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "log.sqlite3"
        processes = [await asyncio.to_thread(writer, path, f"w{i}", 50) for i in range(3)]
        async with (
            SqliteLog.open(path) as log,
            log.subscribe(["recipient-events"], "g", nothing_applied) as subscription,
        ):
            await log.append([new("me", f"me-{i}") for i in range(50)])
            records = []
            async with asyncio.timeout(20):
                while len(records) < 200:
                    records += await subscription.poll(50, 0.5)
        for process in processes:
            process.communicate()
        for name in ("w0", "w1", "w2", "me"):
            got = [record.event_id for record in records if record.key == name]
            assert got == [f"{name}-{number}" for number in range(50)]

    async def test_a_full_disk_is_named_and_loses_nothing_acked(self, tmp_path: Path) -> None:
        path = tmp_path / "log.sqlite3"
        await ids(path)
        limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))"
        output = writer(path, "w", 10_000, size=20_000, before=limit).communicate()[0]
        *acked, error = output.strip().split("\n")
        assert len(acked) > 5
        assert error.startswith("error IO_ERROR log.sqlite3: the disk failed")
        assert "free space" in error
        found = await ids(path)
        assert found[: len(acked)] == acked
        assert len(found) <= len(acked) + 1

    async def test_a_damaged_file_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "log.sqlite3"
        path.write_bytes(b"this is not a database, not at all" * 100)
        with pytest.raises(Unavailable, match="not an SQLite database; move it away"):
            await ids(path)

    async def test_a_folder_that_cannot_be_made_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(Unavailable, match="set DRAMATIS_STATE_DIR"):
            await ids(tmp_path / "file" / "log.sqlite3")

    async def test_a_read_only_file_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "log.sqlite3"
        async with SqliteLog.open(path) as log:
            await log.append([new("k", "1")])
            log._database._writer._connection.execute("PRAGMA query_only = ON")
            with pytest.raises(Unavailable, match=r"read-only.*DRAMATIS_STATE_DIR"):
                await log.append([new("k", "2")])
        assert await ids(path) == ["1"]

    async def test_a_full_transaction_leaves_nothing_half_written(self, tmp_path: Path) -> None:
        path = tmp_path / "log.sqlite3"
        async with SqliteLog.open(path) as log:
            await log.append([new("k", "1")])
            pages = log._database._writer._connection.execute("PRAGMA page_count").fetchone()[0]
            log._database._writer._connection.execute(f"PRAGMA max_page_count = {pages}")
            with pytest.raises(Unavailable, match="disk is full; free some space"):
                await log.append([new("k", str(i), bytes(10_000)) for i in range(100)])
            log._database._writer._connection.execute("PRAGMA max_page_count = 1000000")
            [at] = await log.append([new("k", "2")])
        assert at.offset == 1
        assert await ids(path) == ["1", "2"]

    async def test_compacted_topics_keep_one_record_of_each_key(self, tmp_path: Path) -> None:
        path = tmp_path / "log.sqlite3"
        async with SqliteLog.open(path) as log:
            for number in range(10):
                await log.append([new("a", str(number), topic="consents")] * 3)
        with sqlite3.connect(path) as connection:
            assert connection.execute("SELECT count(*) FROM records").fetchone() == (1,)
        connection.close()

    async def test_partitions_of_a_file_do_not_change(self, tmp_path: Path) -> None:
        path = tmp_path / "log.sqlite3"
        async with SqliteLog.open(path, {"t": Topic("t", "k", partitions=2)}) as log:
            before = await log.append([new(f"k{i}", "1", topic="t") for i in range(20)])
        more = {"t": Topic("t", "k", partitions=9), "u": Topic("u", "k")}
        async with SqliteLog.open(path, more) as log:
            after = await log.append([new(f"k{i}", "2", topic="t") for i in range(20)])
            await log.append([new("k", "1", topic="u")])
            assert (await log.end(["u"])) != LogToken()
        assert [at.partition for at in before] == [at.partition for at in after]
