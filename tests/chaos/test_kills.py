"""kill -9 of one service after the other, under load: nothing acked is lost, nothing counts twice."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import grpc
import pytest

from dramatis.api.common.v1 import event_pb2
from dramatis.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from dramatis.api.persona.v1 import persona_pb2, persona_pb2_grpc
from dramatis.cli.fleet import Fleet, free_berths
from dramatis.core.campaign import Stage
from dramatis.core.persona_set import PersonaSet
from dramatis.runtime import topics
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sqlite_log import FILE_NAME, SqliteLog
from dramatis.wire.personas import to_persona_set

A = TypeVar("A")

BATCHES, BATCH = 60, 50
KILLED = (
    "ingest",
    "persona",
    "ingest",
    "simulator",
    "persona",
    "optimizer",
    "ingest",
    "prioritizer",
)
RETRY = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200)]


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    async with Fleet(tmp_path, free_berths()) as running:
        await running.ready(lambda name: None)
        yield running


def requests() -> list[ingest_pb2.PublishEventsRequest]:
    """Exposures of 3,000 recipients to two campaigns; every third one visits."""
    made = []
    for batch in range(BATCHES):
        request = ingest_pb2.PublishEventsRequest(request_id=f"batch-{batch}")
        for row in range(batch * BATCH, (batch + 1) * BATCH):
            request.events.append(event(row, "sent"))
            if row % 3 == 0:
                request.events.append(event(row, "visit"))
        made.append(request)
    return made


def event(row: int, what: str) -> event_pb2.Event:
    made = event_pb2.Event(event_id=f"{row}/{what}", recipient_id=f"r{row}")
    made.event_time.FromJsonString(f"2026-01-01T00:0{2 if what == 'visit' else 1}:00Z")
    made.attribution.campaign_id = "ab"[row % 2]
    if what == "sent":
        made.message.kind = event_pb2.MESSAGE_EVENT_KIND_SENT
    else:
        made.site.kind = event_pb2.SITE_EVENT_KIND_PAGE_VIEWED
    return made


async def insist(call: Callable[[], Awaitable[A]]) -> A:
    """The answer, however often the service is killed under the call."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await call()
            except grpc.aio.AioRpcError as error:
                if error.code() not in (
                    grpc.StatusCode.UNAVAILABLE,
                    grpc.StatusCode.DEADLINE_EXCEEDED,
                ):
                    raise
                await asyncio.sleep(0.05)


async def kill_in_turn(fleet: Fleet) -> None:
    for name in KILLED:
        await asyncio.sleep(0.3)
        fleet.processes[name].send_signal(signal.SIGKILL)
        fleet.processes[name].wait()
        fleet.start(next(berth for berth in fleet.berths if berth.service == name))


async def test_nothing_acked_is_lost_and_nothing_counts_twice(fleet: Fleet) -> None:
    metadata = [("authorization", f"Bearer {fleet.key}")]
    token = LogToken()
    async with grpc.aio.insecure_channel(fleet.address("ingest"), options=RETRY) as channel:
        ingest = ingest_pb2_grpc.IngestServiceStub(channel)
        killing = asyncio.create_task(kill_in_turn(fleet))
        for request in requests():
            answer = await insist(
                lambda request=request: ingest.PublishEvents(request, metadata=metadata, timeout=5)
            )
            assert len(answer.results) == len(request.events)
            token = token.merge(LogToken.decode(answer.log_token))
            await asyncio.sleep(0.03)
        await killing
    await fleet.ready(lambda name: None)
    trials, successes = await counted(fleet, token, metadata)
    assert trials == {"a": 1_500, "b": 1_500}
    assert successes == {"a": 500, "b": 500}


async def counted(
    fleet: Fleet, token: LogToken, metadata: list[tuple[str, str]]
) -> tuple[dict[str, float], dict[str, float]]:
    """Trials and visits by campaign, in the evidence of the personas formed from everything."""
    async with grpc.aio.insecure_channel(fleet.address("persona"), options=RETRY) as channel:
        persona = persona_pb2_grpc.PersonaServiceStub(channel)
        wish = persona_pb2.ReclusterRequest(request_id="all", min_log_token=token.encode())
        formed = await insist(lambda: persona.Recluster(wish, metadata=metadata, timeout=60))
    assert formed.recipient_count == BATCHES * BATCH
    evidence = (await newest_personas(fleet, formed.persona_set_id)).evidence
    place = {one: evidence.axes.campaign_ids.index(one) for one in "ab"}
    visit = evidence.axes.stages.index(Stage.VISIT)
    found = (evidence.trials[:, :, visit].sum(axis=0), evidence.successes[:, :, visit].sum(axis=0))
    trials, successes = ({k: round(float(v[at]), 6) for k, at in place.items()} for v in found)
    return trials, successes


async def newest_personas(fleet: Fleet, persona_set_id: str) -> PersonaSet:
    """The set as the log holds it."""
    async with (
        SqliteLog.open(fleet.state_dir / FILE_NAME) as log,
        log.tail([topics.PERSONAS.name]) as records,
        asyncio.timeout(30),
    ):
        while True:
            for record in await records.poll(100, 1.0):
                found = to_persona_set(record.value)
                if found.persona_set_id == persona_set_id:
                    return found
