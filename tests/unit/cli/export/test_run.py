"""Events of a log in memory as Parquet: all of them, each once, wherever a run broke off."""

import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from dramatis.api.common.v1 import event_pb2
from dramatis.cli import service_log
from dramatis.cli.adapters.event_columns import to_row
from dramatis.cli.export import columns, parts, position
from dramatis.cli.export.columns import COLUMNS
from dramatis.cli.export.forget import forget
from dramatis.cli.export.parts import Batch
from dramatis.cli.export.position import Asked, Standing
from dramatis.cli.export.run import Export
from dramatis.core.errors import Conflict, Invalid
from dramatis.runtime import topics
from dramatis.runtime.event_log import EventLog, NewRecord
from dramatis.runtime.keyring.memory_vault import MemoryVault
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.keyring.ring import Keyring
from dramatis.runtime.memory_log import MemoryLog
from dramatis.runtime.sealed_log import SealedLog

BEGIN = datetime(2026, 3, 1, 22, tzinfo=UTC)
KEYRING = Keyring(Names(bytes(32)), MemoryVault())
ALL = Asked()
TOPIC = topics.RECIPIENT_EVENTS.name


def order(number: int, tenant: str = "acme") -> NewRecord:
    """One an hour, of 10 recipients."""
    event = event_pb2.Event(event_id=f"e{number}", recipient_id=f"r{number % 10}")
    event.event_time.FromDatetime(BEGIN + timedelta(hours=number))
    event.order.kind = event_pb2.ORDER_EVENT_KIND_COMPLETED
    event.order.amount.micros = number * 1_000_000
    event.order.categories.extend(["a", "b"])
    event.context.device_class = "phone"
    return NewRecord(TOPIC, f"{tenant}/r{number % 10}", event.event_id, event.SerializeToString())


async def run(log: EventLog, folder: Path, asked: Asked = ALL, part_rows: int = 7) -> Export:
    standing = position.load(folder, asked)
    export = Export(folder, standing, KEYRING.names, to_row, part_rows)
    await export.run(log, lambda records: None)
    return export


def table(folder: Path) -> list[dict[str, Any]]:
    """All that DuckDB finds in it."""
    found = duckdb.sql(
        "SELECT * REPLACE (epoch_us(event_time) AS event_time, epoch_us(log_time) AS log_time)"
        f" FROM read_parquet('{folder}/day=*/*.parquet') ORDER BY event_time"
    )
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


async def test_duckdb_reads_what_was_admitted(tmp_path: Path) -> None:
    log = MemoryLog()
    await log.append([order(number) for number in range(60)])
    export = await run(log, tmp_path)
    assert export.counts == {"events": 60}
    rows = table(tmp_path)
    assert [row["amount_micros"] for row in rows] == [n * 1_000_000 for n in range(60)]
    first = rows[0]
    assert (first["tenant"], first["kind"], first["device_class"]) == (
        "acme",
        "order.completed",
        "phone",
    )
    assert first["categories"] == ["a", "b"]
    assert first["event_time"] == BEGIN.timestamp() * 1_000_000
    assert first["recipient"] == KEYRING.names.pseudonym("acme", "r0")
    assert first["event"] == KEYRING.names.event("acme", "e0")
    assert not {"recipient_id", "event_id"} & first.keys()
    days = sorted(path.name for path in tmp_path.glob("day=*"))
    assert days == ["day=2026-03-01", "day=2026-03-02", "day=2026-03-03", "day=2026-03-04"]
    per_day = duckdb.sql(
        f"SELECT day, count(*) FROM read_parquet('{tmp_path}/day=*/*.parquet', hive_partitioning=true)"
        " GROUP BY day ORDER BY day"
    ).fetchall()
    assert per_day == [(date(2026, 3, 1), 2), (date(2026, 3, 2), 24), (date(2026, 3, 3), 24), (date(2026, 3, 4), 10)]  # fmt: skip


async def test_no_id_of_anybody_is_in_the_files_unless_asked_for(tmp_path: Path) -> None:
    canary = f"canary-{secrets.token_hex(8)}"
    log = MemoryLog()
    event = event_pb2.Event(event_id=f"{canary}-1", recipient_id=canary)
    event.event_time.FromDatetime(BEGIN)
    event.site.kind = event_pb2.SITE_EVENT_KIND_PAGE_VIEWED
    value = event.SerializeToString()
    await log.append([NewRecord(TOPIC, f"acme/{canary}", event.event_id, value)])
    await run(log, tmp_path / "plain")
    await run(log, tmp_path / "named", Asked(with_ids=True))
    [path] = parts.files(tmp_path / "plain")
    assert canary not in str(pq.read_table(path, partitioning=None).to_pylist())
    [row] = table(tmp_path / "named")
    assert (row["recipient_id"], row["event_id"]) == (canary, f"{canary}-1")


async def test_the_next_run_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    log = MemoryLog()
    await log.append([order(number) for number in range(20)])
    await run(log, tmp_path)
    before = {path: path.read_bytes() for path in parts.files(tmp_path)}
    assert (await run(log, tmp_path)).counts == {}
    await log.append([order(number) for number in range(20, 50)])
    assert (await run(log, tmp_path)).counts == {"events": 30}
    assert {path: path.read_bytes() for path in before} == before
    assert len(table(tmp_path)) == 50


class Killed(Exception):
    """The process ends here."""


@pytest.mark.parametrize("writes", range(8))
async def test_broken_off_anywhere_each_event_is_there_once(
    tmp_path: Path, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_log, "AT_ONCE", 9)
    log = MemoryLog()
    await log.append([order(number) for number in range(60)])
    left = iter(range(writes))
    real = parts.write

    def write(path: Path, table: Any) -> None:
        if next(left, None) is None:
            path.parent.mkdir(exist_ok=True)
            path.with_suffix(".new").write_bytes(b"half")
            raise Killed
        real(path, table)

    monkeypatch.setattr(parts, "write", write)
    with pytest.raises(Killed):
        await run(log, tmp_path)
    monkeypatch.setattr(parts, "write", real)
    await run(log, tmp_path, part_rows=11)
    assert [row["amount_micros"] for row in table(tmp_path)] == [n * 1_000_000 for n in range(60)]
    assert list(tmp_path.glob("day=*/*.new")) == []


async def test_an_event_that_the_log_holds_twice_is_exported_once(tmp_path: Path) -> None:
    log = MemoryLog()
    await log.append([order(1), order(2), order(1)])
    await log.append([order(1, "beta")])
    await run(log, tmp_path, part_rows=1)
    await log.append([order(2)])
    assert (await run(log, tmp_path)).counts == {"twice": 1}
    assert sorted(row["tenant"] for row in table(tmp_path)) == ["acme", "acme", "beta"]


async def test_only_what_was_asked_for(tmp_path: Path) -> None:
    log = MemoryLog()
    await log.append([order(number) for number in range(30)])
    await log.append([order(number, "beta") for number in range(30)])
    asked = Asked("beta", (BEGIN + timedelta(hours=5)).isoformat(), "2026-03-02T10:00:00+00:00")
    await run(log, tmp_path, asked)
    rows = table(tmp_path)
    assert {row["tenant"] for row in rows} == {"beta"}
    assert [row["amount_micros"] // 1_000_000 for row in rows] == list(range(5, 12))
    with pytest.raises(Conflict, match="tenant=beta"):
        position.load(tmp_path, Asked())


async def test_what_is_no_event_is_counted_and_left_out(tmp_path: Path) -> None:
    log = MemoryLog()
    await log.append([order(1), NewRecord(TOPIC, "acme/r1", "x", b"\xff\xff")])
    assert (await run(log, tmp_path)).counts == {"events": 1, "unreadable": 1}


async def test_the_erased_leave_the_files_and_never_come_back(tmp_path: Path) -> None:
    keyring = Keyring(Names(bytes(range(32))), MemoryVault())
    log = SealedLog(MemoryLog(), keyring)
    await log.append([order(number) for number in range(60)])
    export = Export(tmp_path, Standing(Asked(with_ids=True)), keyring.names, to_row, 7)
    await export.run(log, lambda records: None)
    await keyring.erase("acme", "r3", BEGIN)
    standing, removed = await forget(tmp_path, export.standing, keyring)
    assert removed == 6
    assert {row["recipient_id"] for row in table(tmp_path)} == {f"r{n}" for n in range(10)} - {"r3"}
    assert all(b"r3" not in str(row).encode() for row in table(tmp_path))
    assert (await forget(tmp_path, position.found(tmp_path), keyring))[1] == 0
    again = Export(tmp_path / "again", Standing(standing.asked), keyring.names, to_row, 7)
    await again.run(log, lambda records: None)
    assert again.counts == {"events": 54}


@pytest.fixture
def every_kind() -> Iterator[event_pb2.Event]:
    events = []
    for payload in event_pb2.Event.DESCRIPTOR.oneofs_by_name["payload"].fields:
        event = event_pb2.Event(event_id="e", recipient_id="r")
        event.event_time.FromDatetime(BEGIN)
        getattr(event, payload.name).SetInParent()
        if "kind" in payload.message_type.fields_by_name and payload.name != "support":
            getattr(event, payload.name).kind = 1
        events.append(event)
    return iter(events)


def test_every_kind_of_event_has_a_row(every_kind: Iterator[event_pb2.Event]) -> None:
    batch = Batch(columns.schema(with_ids=False))
    known = {name for name, _, _ in COLUMNS}
    kinds = set()
    for event in every_kind:
        time, row = to_row(event.SerializeToString())
        assert row.keys() <= known
        batch.add(time.date(), row)
        kinds.add(row["kind"])
    assert {
        "message.queued",
        "order.completed",
        "support",
        "recipient_updated",
        "social.followed",
    } <= kinds


def test_a_folder_that_is_no_export_is_told(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="holds no export"):
        position.found(tmp_path)
    (tmp_path / "_export.json").write_text("[]")
    with pytest.raises(Invalid, match="not an export"):
        position.load(tmp_path, Asked())


def test_the_guide_lists_the_columns() -> None:
    guide = (Path(__file__).parents[4] / "docs" / "export.md").read_text()
    for name, kind, meaning in (*COLUMNS, columns.RECIPIENT_ID, columns.EVENT_ID):
        assert f"| `{name}` | {kind} | {meaning} |" in guide
