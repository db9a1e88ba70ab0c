"""A sealed log keeps the contract of the log that it lies on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dramatis.runtime.event_log import EventLog
from dramatis.runtime.keyring.memory_vault import MemoryVault
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.keyring.ring import Keyring
from dramatis.runtime.memory_log import MemoryLog
from dramatis.runtime.sealed_log import SealedLog
from dramatis.runtime.sqlite_log import SqliteLog
from tests.contract.event_log_suite import EventLogSuite, drain, new


class SealedLogSuite(EventLogSuite):
    """The contract; only who is taken out of a compacted topic is named by pseudonym."""

    async def test_tail_gives_the_latest_of_each_key_then_follows(self, log: EventLog) -> None:
        for value in (b"1", b"2", b"3"):
            await log.append([new(k, f"{k}{value!r}", value, "consents") for k in ("a", "b", "a")])
        end = await log.end(["consents"])
        async with log.tail(["consents"]) as tail:
            state: dict[str, bytes] = {}
            while not tail.position.covers(end):
                state |= {each.key: each.value for each in await tail.poll(1, 0.5)}
            assert state == {"a": b"3", "b": b"3"}
            await log.append([new("b", "gone", b"", "consents")])
            [record] = await drain(tail, 1)
        name = Names(bytes(32)).pseudonym("b", "")
        assert (record.key, record.value) == (f"b/~{name}", b"")


def sealed(inner: EventLog) -> EventLog:
    return SealedLog(inner, Keyring(Names(bytes(32)), MemoryVault()))


class TestSealedMemoryLog(SealedLogSuite):
    @pytest.fixture
    async def log(self) -> EventLog:
        return sealed(MemoryLog())


class TestSealedSqliteLog(SealedLogSuite):
    @pytest.fixture
    async def log(self, tmp_path: Path) -> AsyncIterator[EventLog]:
        async with SqliteLog.open(tmp_path / "log.sqlite3") as log:
            yield sealed(log)
