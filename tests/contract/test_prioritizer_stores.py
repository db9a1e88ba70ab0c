"""Both adapters of each port of the prioritizer keep its contract."""

import pytest

from dramatis.core.campaign import Stage
from dramatis.core.consent import ConsentState
from dramatis.prioritizer.adapters import sqlite_schema
from dramatis.prioritizer.adapters.memory import MemoryLedger, MemoryShelf
from dramatis.prioritizer.adapters.records import to_change
from dramatis.prioritizer.adapters.sqlite_ledger import SqliteLedger
from dramatis.prioritizer.adapters.sqlite_shelf import SqliteShelf
from dramatis.prioritizer.ports import Batch
from dramatis.runtime.sqlite import Database
from dramatis.wire.snapshots import from_snapshot
from tests.contract.prioritizer_suite import (
    NOW,
    RECORD,
    LedgerSuite,
    ShelfSuite,
    opened,
    pseudonym,
    said,
    sent,
)
from tests.unit.prioritizer.samples import snapshot


@pytest.fixture
async def database(tmp_path):
    path = tmp_path / sqlite_schema.FILE_NAME
    async with Database.open(path, sqlite_schema.MIGRATIONS) as database:
        yield database


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

    async def test_who_wants_no_more_is_listed_for_good(self, database):
        listed = []
        ledger = SqliteLedger(database, lambda: NOW, pseudonym, listed=listed.extend)
        await ledger.keep("acme", [RECORD])
        await ledger.settle("acme", "m", "q", b"", [opened(stage=Stage.UNSUBSCRIBE)])
        assert [each.pseudonym for each in listed] == ["acme's r-1"]
        assert list((await SqliteShelf(database).load()).listings) == listed


class TestMemoryShelf(ShelfSuite):
    @pytest.fixture
    def shelf(self):
        return MemoryShelf()


class TestSqliteShelf(ShelfSuite):
    @pytest.fixture
    def shelf(self, database):
        return SqliteShelf(database)

    async def test_a_damaged_snapshot_gives_the_one_before(self, shelf, database):
        for name in ("s-1", "s-2"):
            change = to_change(
                "snapshots", "acme", from_snapshot(snapshot(snapshot_id=name)), pseudonym
            )
            await shelf.save(Batch([change], current=True))
        await _damage(database, "snapshots")
        kept = await shelf.load()
        assert [each.value.snapshot_id for each in kept.changes] == ["s-1"]
        assert kept.complete
        await shelf.save(Batch([change], current=True))
        assert [each.value.snapshot_id for each in (await shelf.load()).changes] == ["s-2"]

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
