"""`dramatis export` beside a running ingest: what was admitted, without who was erased."""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from dramatis.api.common.v1 import event_pb2
from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.cli.export import session
from dramatis.cli.export.position import Asked
from tests.integration.ingest.conftest import Connect, Start

CANARY = f"canary-{secrets.token_hex(8)}"


@pytest.fixture(params=["sqlite", "kafka"])
def where(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, str]:
    """Settings of services and command: which log, which state folder."""
    settings = {"DRAMATIS_STATE_DIR": str(tmp_path / "state")}
    if request.param == "kafka":
        settings["DRAMATIS_KAFKA_BOOTSTRAP"] = request.getfixturevalue("kafka_bootstrap")
        settings["DRAMATIS_KAFKA_TOPIC_PREFIX"] = f"export-{secrets.token_hex(4)}."
        settings["DRAMATIS_KAFKA_WAIT_SECONDS"] = "30"
        settings["DRAMATIS_SHARED_STATE"] = "true"
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


def visits(first: int, last: int) -> ingest_pb2.PublishEventsRequest:
    """One an hour; every tenth is the canary's, whose id is in the event's id too."""
    request = ingest_pb2.PublishEventsRequest(request_id=f"{first}-{last}")
    for number in range(first, last):
        who = CANARY if number % 10 == 0 else f"r{number % 10}"
        event = request.events.add(event_id=f"{who}:{number}", recipient_id=who)
        event.event_time.FromDatetime(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number))
        event.site.kind = event_pb2.SITE_EVENT_KIND_PAGE_VIEWED
        event.site.page = f"/{number}"
    return request


def files(folder: Path) -> str:
    """All that the files of an export say."""
    parts = sorted(folder.glob("day=*/*.parquet"))
    return "".join(str(pq.read_table(part, partitioning=None).to_pylist()) for part in parts)


async def test_admitted_events_without_the_erased(
    where: Mapping[str, str], tmp_path: Path, start: Start, connect: Connect,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    state, out, named = Path(where["DRAMATIS_STATE_DIR"]), tmp_path / "out", tmp_path / "named"

    async def export(folder: Path, *, with_ids: bool) -> Any:
        await session.export_events(folder, Asked(with_ids=with_ids), state, None, as_json=True)
        return json.loads(capsys.readouterr().out)

    async def forget(folder: Path) -> Any:
        await session.forget_erased(folder, state, None, as_json=True)
        return json.loads(capsys.readouterr().out)

    ingest = connect(start(state, settings=where).port())
    await ingest.PublishEvents(visits(0, 100))
    assert (await export(out, with_ids=False))["events"] == 100
    assert (await export(named, with_ids=True))["events"] == 100
    assert CANARY not in files(out)
    assert files(named).count(CANARY) == 20
    await ingest.PublishEvents(visits(100, 150))
    assert (await export(out, with_ids=False))["events"] == 50
    found = duckdb.sql(f"SELECT count(*), count(DISTINCT page) FROM '{out}/day=*/*.parquet'")
    assert found.fetchall() == [(150, 150)]

    request = ingest_pb2.EraseRecipientRequest(request_id="erase", recipient_id=CANARY)
    await ingest.EraseRecipient(request)
    assert (await forget(named))["removed"] == 10
    assert CANARY not in files(named)
    assert (await export(out, with_ids=False))["removed"] == 15
    assert (await forget(out))["removed"] == 0
    again = await export(tmp_path / "again", with_ids=True)
    assert again["events"] == 135
    assert CANARY not in files(tmp_path / "again")
