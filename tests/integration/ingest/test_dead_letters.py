"""`dramatis dead-letters` beside a running ingest, on a file and on a real broker."""

import asyncio
import json
import secrets
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dramatis.api.common.v1 import event_pb2, item_pb2
from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.cli.dead_letters import session
from dramatis.cli.dead_letters.letters import Filter
from dramatis.cli.settings import CommandSettings
from dramatis.runtime import topics
from dramatis.runtime.event_log import NewRecord
from dramatis.runtime.open_log import open_log
from dramatis.runtime.settings import read
from tests.integration.ingest.conftest import KEYS, Connect, Start


@pytest.fixture(params=["sqlite", "kafka"])
def where(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, str]:
    """Settings of services and command: which log, which state folder."""
    settings = {"DRAMATIS_STATE_DIR": str(tmp_path / "state")}
    if request.param == "kafka":
        settings["DRAMATIS_KAFKA_BOOTSTRAP"] = request.getfixturevalue("kafka_bootstrap")
        settings["DRAMATIS_KAFKA_TOPIC_PREFIX"] = f"letters-{secrets.token_hex(4)}."
        settings["DRAMATIS_KAFKA_WAIT_SECONDS"] = "30"
        settings["DRAMATIS_SHARED_STATE"] = "true"
    keys = ",".join(f"{tenant}:{key}" for tenant, key in KEYS.items())
    for name, value in {**settings, "DRAMATIS_API_KEYS": keys}.items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.fixture
def letters(where: Mapping[str, str], capsys: pytest.CaptureFixture[str]) -> "Letters":
    return Letters(Path(where["DRAMATIS_STATE_DIR"]), capsys)


class Letters:
    """The command, in this process."""

    def __init__(self, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._state, self._capsys = state, capsys

    async def counts(self) -> Any:
        await session.show_counts(self._state, None, Filter(), as_json=True)
        return self._printed()

    async def show(self, *, payload: bool, id_: str = "") -> Any:
        await session.show_letters(self._state, None, Filter(id=id_), 20, payload=payload)
        return self._printed()

    async def replay(self, port: int = 1, *, yes: bool = True) -> Any:
        to = f"127.0.0.1:{port}"
        await session.replay_letters(self._state, None, Filter(), to, yes=yes, as_json=True)
        return self._printed()

    def _printed(self) -> Any:
        return json.loads(self._capsys.readouterr().out)


def ahead(minutes: float, count: int) -> Sequence[event_pb2.Event]:
    events = []
    for number in range(count):
        event = event_pb2.Event(event_id=f"e{number}", recipient_id=f"r{number}")
        event.event_time.FromDatetime(datetime.now(UTC) + timedelta(minutes=minutes))
        event.site.kind = event_pb2.SITE_EVENT_KIND_PAGE_VIEWED
        events.append(event)
    return events


async def test_what_a_wrong_clock_set_aside_comes_in_later(
    where: Mapping[str, str], letters: Letters, start: Start, connect: Connect
) -> None:
    state = Path(where["DRAMATIS_STATE_DIR"])
    strict = start(state, settings=where)
    request = ingest_pb2.PublishEventsRequest(request_id="q", events=ahead(30, 3))
    answer = await connect(strict.port()).PublishEvents(request)
    assert {each.outcome for each in answer.results} == {item_pb2.ITEM_OUTCOME_QUARANTINED}
    strict.kill()

    [row] = await letters.counts()
    assert (row["reason"], row["topic"], row["group"]) == (
        "EVENT_FROM_FUTURE",
        "recipient-events",
        "ingest",
    )
    assert (row["waiting"], row["replayed"]) == (3, 0)
    shown = await letters.show(payload=True, id_="ingest:acme/e1")
    assert shown["payload"]["site"]["kind"] == "SITE_EVENT_KIND_PAGE_VIEWED"
    assert "payload" not in await letters.show(payload=False, id_="ingest:acme/e1")
    assert await letters.replay(yes=False) == {"would_replay": 3}

    lenient = start(state, settings={**where, "DRAMATIS_INGEST_MAX_AHEAD_SECONDS": "3600"})
    port = lenient.port()
    assert await letters.replay(port) == {"waiting": 0, "replayed": 3, "refused": {}}
    assert await letters.replay(port) == {"waiting": 0, "replayed": 0, "refused": {}}
    [row] = await letters.counts()
    assert (row["waiting"], row["replayed"]) == (0, 3)
    held = await connect(port).GetRecipientData(
        ingest_pb2.GetRecipientDataRequest(recipient_id="r2")
    )
    assert [each.event_id for each in held.events] == ["e2"]


async def test_what_is_set_aside_again_still_waits(
    where: Mapping[str, str], letters: Letters, start: Start, connect: Connect
) -> None:
    port = start(Path(where["DRAMATIS_STATE_DIR"]), settings=where).port()
    request = ingest_pb2.PublishEventsRequest(request_id="q", events=ahead(30, 1))
    await connect(port).PublishEvents(request)
    told = await letters.replay(port)
    assert told == {"waiting": 1, "replayed": 0, "refused": {"EVENT_FROM_FUTURE": 1}}
    [row] = await letters.counts()
    assert (row["waiting"], row["replayed"]) == (1, 0)


async def test_what_a_reader_could_not_use_goes_back_into_its_topic(
    where: Mapping[str, str], letters: Letters, start: Start
) -> None:
    """Bytes that are no event are none the second time either: a new letter comes of them."""
    start(Path(where["DRAMATIS_STATE_DIR"]), settings=where).port()
    garbage = NewRecord(topics.RECIPIENT_EVENTS.name, "acme/r1", "g1", b"\xff\xff")
    async with open_log(read(CommandSettings, where)) as log:
        await log.append([garbage])

    async def waiting(replayed: int) -> Any:
        for _ in range(100):
            rows = await letters.counts()
            await asyncio.sleep(0.05)
            if rows and (rows[0]["waiting"], rows[0]["replayed"]) == (1, replayed):
                return rows[0]
        raise AssertionError(rows)

    row = await waiting(0)
    assert (row["reason"], row["group"]) == ("UNREADABLE", "ingest")
    assert (await letters.show(payload=True))["payload"]["begin"] == "ffff"
    told = await letters.replay()
    assert told == {"waiting": 0, "replayed": 1, "refused": {}}
    await waiting(1)


async def test_a_folder_without_a_log_is_told(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dramatis.cli.main", "dead-letters", "list", "--state", str(tmp_path),
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert b"holds no event log" in errors
    assert list(tmp_path.iterdir()) == []
