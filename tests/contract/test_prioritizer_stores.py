"""Both adapters of each port of the prioritizer keep its contract."""

import hashlib
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from dramatis.core.campaign import Stage
from dramatis.core.consent import ConsentState
from dramatis.prioritizer.adapters import sqlite_schema
from dramatis.prioritizer.adapters.memory import MemoryLedger, MemoryShelf
from dramatis.prioritizer.adapters.snapshot_files import SnapshotFiles
from dramatis.prioritizer.adapters.sqlite_ledger import SqliteLedger
from dramatis.prioritizer.adapters.sqlite_naming import name_all
from dramatis.prioritizer.adapters.sqlite_shelf import SqliteShelf
from dramatis.prioritizer.ports import Batch, DecisionRecord
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.scrub import scrub
from dramatis.runtime.sqlite import Database
from tests.contract.prioritizer_suite import (
    NOW,
    RECORD,
    LedgerSuite,
    ShelfSuite,
    made_of,
    opened,
    pseudonym,
    said,
    sent,
)


@pytest.fixture
async def database(tmp_path):
    path = tmp_path / sqlite_schema.FILE_NAME
    async with Database.open(path, sqlite_schema.MIGRATIONS) as database:
        yield database


def _flip(path):
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


def _cut_short(path):
    path.write_bytes(path.read_bytes()[:-1])


def _empty(path):
    path.write_bytes(b"")


def _corrupt():
    labels = {"topic": "snapshots", "place": "disk"}
    return REGISTRY.get_sample_value("dramatis_prioritizer_corrupt_records_total", labels) or 0


class TestMemoryLedger(LedgerSuite):
    @pytest.fixture
    def ledger(self):
        return MemoryLedger(pseudonym)


class TestSqliteLedger(LedgerSuite):
    @pytest.fixture
    def ledger(self, database):
        return SqliteLedger(database, lambda: NOW, pseudonym)

    async def test_decisions_and_believed_reports_are_posted_once(self, ledger, database):
        await ledger.keep("acme", [RECORD])
        await ledger.keep("acme", [RECORD])
        await ledger.settle("acme", "m", "q", b"", [sent(), sent(), sent("nope"), opened()])
        rows = await database.read(
            lambda tx: tx.execute("SELECT topic, key FROM outbox ORDER BY id").fetchall()
        )
        assert rows == [
            ("decisions", "acme/r-1"),
            ("recipient-events", "acme/r-1"),
            ("recipient-events", "acme/r-1"),
        ]

    async def test_who_wants_no_more_is_listed_for_good(self, database, tmp_path):
        listed = []
        ledger = SqliteLedger(database, lambda: NOW, pseudonym, listed=listed.extend)
        await ledger.keep("acme", [RECORD])
        await ledger.settle("acme", "m", "q", b"", [opened(stage=Stage.UNSUBSCRIBE)])
        assert [each.pseudonym for each in listed] == ["acme's r-1"]
        assert (
            list((await SqliteShelf(database, SnapshotFiles(tmp_path / "files")).load()).listings)
            == listed
        )

    async def test_rows_of_the_release_before_get_pseudonyms(self, tmp_path):
        path = tmp_path / "old.sqlite3"
        async with Database.open(path, sqlite_schema.MIGRATIONS[:1]) as old:
            await old.write(_write_old)
        async with Database.open(path, sqlite_schema.MIGRATIONS) as database:
            for _ in range(2):
                await database.write(lambda tx: name_all(tx, pseudonym))
            ledger = SqliteLedger(database, lambda: NOW, pseudonym)
            kept = await SqliteShelf(database, SnapshotFiles(tmp_path / "files")).load()
            assert [each.subject for each in kept.changes] == ["acme's r-1"]
            assert [each.pseudonym for each in kept.listings] == ["acme's r-1"]
            await ledger.forget([("acme", "acme's r-1")])
            for table in ("decisions", "outbox", "suppressed", "shelf"):
                sql = f"SELECT count(*) FROM {table}"
                assert await database.read(lambda tx, sql=sql: tx.execute(sql).fetchone()) == (0,)


async def test_the_erased_are_in_no_byte_of_the_file(database, tmp_path):
    digest = Names(bytes(32)).pseudonym
    gone = []
    ledger = SqliteLedger(database, lambda: NOW, digest, deleted=lambda: gone.append(1))
    record = DecisionRecord("d-9", b"asked", "canary-4711", ("a",), b"body of canary-4711")
    await ledger.keep("acme", [record, RECORD])
    report = replace(opened(stage=Stage.UNSUBSCRIBE), decision_id="d-9")
    await ledger.settle("acme", "m", "q", b"", [report])
    await ledger.forget([("acme", digest("acme", "nobody"))])
    assert not gone
    await ledger.forget([("acme", digest("acme", "canary-4711"))])
    assert gone
    assert scrub(tmp_path / sqlite_schema.FILE_NAME)
    assert not [each for each in tmp_path.iterdir() if b"canary-4711" in each.read_bytes()]
    assert await ledger.get("acme", "d-1") == b"body"


def _write_old(tx):
    change = said(ConsentState.GRANTED)
    body = f"1 {NOW.isoformat()}".encode()
    tx.execute("INSERT INTO decisions VALUES ('acme', 'd-1', x'00', 'r-1', '[]', x'00')")
    tx.execute(
        "INSERT INTO outbox (topic, key, event_id, type_name, time, body)"
        " VALUES ('decisions', 'acme/r-1', 'd-1', 't', '', x'00')"
    )
    tx.execute("INSERT INTO suppressed VALUES ('acme', 'r-1', ?)", (NOW.isoformat(),))
    row = (change.topic, "acme/r-1", 0, body, hashlib.sha256(body).digest())
    tx.execute("INSERT INTO shelf VALUES (?, ?, ?, ?, ?)", row)


class TestMemoryShelf(ShelfSuite):
    @pytest.fixture
    def shelf(self):
        return MemoryShelf()


class TestSqliteShelf(ShelfSuite):
    @pytest.fixture
    def shelf(self, database, tmp_path):
        return SqliteShelf(database, SnapshotFiles(tmp_path / "files"))

    @pytest.mark.parametrize("damage", [_flip, _cut_short, _empty])
    async def test_damaged_snapshots_give_the_last_good_one(self, shelf, tmp_path, damage):
        made = [made_of(f"s-{at}") for at in range(5)]
        for change in made:
            await shelf.save(Batch([change], current=True))
        files = sorted((tmp_path / "files" / "acme").iterdir())
        assert [each.read_bytes() for each in files] == [each.body for each in made[2:]]
        for good in ("s-3", "s-2"):
            damage(files.pop())
            before = _corrupt()
            kept = await shelf.load()
            assert [each.value.snapshot_id for each in kept.changes] == [good]
            assert kept.complete
            assert _corrupt() > before
        await shelf.save(Batch([made[-1]], current=True))
        assert [each.value.snapshot_id for each in (await shelf.load()).changes] == ["s-4"]

    async def test_with_all_of_them_damaged_all_else_is_there(self, shelf, tmp_path):
        await shelf.save(Batch([made_of("s-1"), said(ConsentState.DENIED)], current=True))
        for each in (tmp_path / "files" / "acme").iterdir():
            _empty(each)
        assert [each.subject for each in (await shelf.load()).changes] == ["acme's r-1"]

    async def test_a_disk_that_keeps_no_snapshots_still_keeps_denials(self, database, tmp_path):
        (tmp_path / "file").write_bytes(b"in the way")
        shelf = SqliteShelf(database, SnapshotFiles(tmp_path / "file"))
        await shelf.save(Batch([made_of("s-1"), said(ConsentState.DENIED)], current=True))
        assert [each.subject for each in (await shelf.load()).changes] == ["acme's r-1"]

    async def test_snapshots_of_the_release_before_are_read_until_a_file_is_there(
        self, shelf, database
    ):
        old = made_of("s-1").body
        row = ("snapshots", "acme", 0, old, hashlib.sha256(old).digest())
        await database.write(lambda tx: tx.execute("INSERT INTO shelf VALUES (?,?,?,?,?)", row))
        assert [each.value.snapshot_id for each in (await shelf.load()).changes] == ["s-1"]
        await shelf.save(Batch([made_of("s-2")], current=True))
        assert [each.value.snapshot_id for each in (await shelf.load()).changes] == ["s-2"]
        count = await database.read(lambda tx: tx.execute("SELECT count(*) FROM shelf").fetchone())
        assert count == (0,)

    async def test_a_damaged_consent_means_that_not_all_are_known(self, shelf, database):
        await shelf.save(Batch([said(ConsentState.DENIED)], current=True))
        await _damage(database, "consents")
        kept = await shelf.load()
        assert not kept.changes
        assert not kept.complete


async def _damage(database, topic):
    await database.write(
        lambda tx: tx.execute(
            "UPDATE shelf SET body = CAST('2' || substr(body, 2) || x'00' AS BLOB)"
            " WHERE topic = ? AND number = (SELECT max(number) FROM shelf WHERE topic = ?)",
            (topic, topic),
        )
    )
