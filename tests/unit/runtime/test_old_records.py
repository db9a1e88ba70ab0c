"""Consents of release 0.1.0 in the log's file: sealed, the newest of each recipient, none twice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dramatis.runtime import old_records
from dramatis.runtime.event_log import EventLog, NewRecord
from dramatis.runtime.keyring.memory_vault import MemoryVault
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.keyring.ring import Keyring
from dramatis.runtime.memory_log import MemoryLog
from dramatis.runtime.scrub import scrub
from dramatis.runtime.sealed_log import SealedLog
from dramatis.runtime.sqlite_log import SqliteLog

NAMES = Names(bytes(32))
ANN, BEN, CID, DAN = "acme/kanarie-ann", "acme/kanarie-ben", "acme/kanarie-cid", "acme/kanarie-dan"


def said(key: str, value: bytes) -> NewRecord:
    return NewRecord("consents", key, f"{key}-{len(value)}", value, {"ce_type": "t"})


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    async with SqliteLog.open(tmp_path / "log.sqlite3") as log:
        yield log


async def held(log: EventLog) -> dict[str, bytes]:
    end = await log.end(["consents"])
    found: dict[str, bytes] = {}
    async with log.tail(["consents"]) as tail:
        while not tail.position.covers(end):
            found |= {each.key: each.value for each in await tail.poll(100, 0)}
    return found


async def test_each_recipient_has_one_sealed_record(
    log: SqliteLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_records, "AT_ONCE", 2)
    keyring = Keyring(NAMES, MemoryVault())
    sealed = SealedLog(log, keyring)
    await log.append([said(ANN, b"old"), said(BEN, b"old"), said(CID, b"gone"), said(DAN, b"old")])
    await log.append([said(CID, b"")])  # erased by that release
    await sealed.append([said(ANN, b"newer")])
    assert await old_records.seal(log, keyring) == 4
    assert await old_records.seal(log, keyring) == 0
    gone = f"acme/~{NAMES.pseudonym(*CID.split('/'))}"
    assert await held(sealed) == {ANN: b"newer", BEN: b"old", DAN: b"old", gone: b""}
    ann, cid = (keyring.names.pseudonym("acme", f"kanarie-{each}") for each in ("ann", "cid"))
    assert await keyring.erased("acme", [ann, cid]) == {cid}
    await sealed.append([said(BEN, b"later")])
    assert (await held(sealed))[BEN] == b"later"
    assert len(await log.lacking("consents", "nothing has this", 100)) == 4
    assert scrub(tmp_path / "log.sqlite3")
    assert not [each for each in tmp_path.iterdir() if b"kanarie" in each.read_bytes()]


async def test_other_logs_have_nothing_old() -> None:
    assert await old_records.seal(MemoryLog(), Keyring(NAMES, MemoryVault())) == 0
