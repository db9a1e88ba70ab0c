"""The broker goes away under load, or stands still: tests 5 and 6 of the platform.

The outages are a few seconds long; DRAMATIS_CHAOS_SECONDS=60, as in `make chaos`, makes them long.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from dramatis.api.common.v1 import event_pb2, item_pb2
from dramatis.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from dramatis.api.prioritizer.v1 import prioritizer_pb2, prioritizer_pb2_grpc
from dramatis.runtime import topics
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka_log import KafkaLog
from tests.chaos.processes import METADATA, Service, resident_bytes
from tests.chaos.table import table
from tests.integration.prioritizer.conftest import item
from tests.integration.prioritizer.test_process import world
from tests.servers.broker import Broker
from tests.servers.load import Load

SECONDS = float(os.environ.get("DRAMATIS_CHAOS_SECONDS", "6"))
EVENTS = topics.RECIPIENT_EVENTS.name
BATCH, WORKERS = 50, 4
LEAST_RATE = 500  # events a second before the fault, or the run does not count
GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED)
EXPECTED = {item_pb2.ITEM_OUTCOME_ACCEPTED, item_pb2.ITEM_OUTCOME_DUPLICATE}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker(tmp_path / "broker")
    yield running
    running.stop()


def request(number: int) -> ingest_pb2.PublishEventsRequest:
    """Page views of 50 recipients."""
    made = ingest_pb2.PublishEventsRequest(request_id=f"batch-{number}")
    for row in range(BATCH):
        event = made.events.add(event_id=f"{number}-{row}", recipient_id=f"r{number}-{row}")
        event.event_time.FromJsonString("2026-01-01T00:00:00Z")
        event.site.kind = event_pb2.SITE_EVENT_KIND_PAGE_VIEWED
    return made


@dataclass
class Decisions:
    """A caller of the prioritizer that counts."""

    stub: "prioritizer_pb2_grpc.PrioritizerServiceAsyncStub"
    answers: int = 0
    errors: int = 0

    async def run(self) -> None:
        asked = prioritizer_pb2.PrioritizeRequest(items=[item()], mode=prioritizer_pb2.MODE_DRY_RUN)
        while True:
            try:
                await self.stub.Prioritize(asked, metadata=METADATA, timeout=5)
                self.answers += 1
            except grpc.aio.AioRpcError:
                self.errors += 1
            await asyncio.sleep(0.02)


@dataclass
class Stage:
    """Ingest and prioritizer on one broker."""

    ingest: Service
    prioritizer: Service
    load: Load
    decisions: Decisions


@pytest.fixture
async def stage(broker: Broker, tmp_path: Path) -> AsyncIterator[Stage]:
    settings = {"DRAMATIS_KAFKA_BOOTSTRAP": broker.bootstrap, "DRAMATIS_SHARED_STATE": "true"}
    async with KafkaLog.open(Cluster(broker.bootstrap, wait_seconds=10)) as log:
        await log.append(world("r-0"))
    async with AsyncExitStack() as stack:
        ingest, prioritizer = [
            stack.enter_context(Service(name, tmp_path / name, settings))
            for name in ("ingest", "prioritizer")
        ]
        channels = [
            await stack.enter_async_context(each.channel()) for each in (ingest, prioritizer)
        ]
        stub = ingest_pb2_grpc.IngestServiceStub(channels[0])

        async def send(number: int) -> bool:
            try:
                answer = await stub.PublishEvents(request(number), metadata=METADATA, timeout=5)
            except grpc.aio.AioRpcError as error:
                if error.code() not in GONE:
                    raise
                return False
            assert {result.outcome for result in answer.results} <= EXPECTED
            return True

        decisions = Decisions(prioritizer_pb2_grpc.PrioritizerServiceStub(channels[1]))
        yield Stage(ingest, prioritizer, Load(send, pause_seconds=0.01), decisions)


async def written(bootstrap: str) -> tuple[int, int]:
    """Events in the log, and how many of them are another's copy."""
    async with KafkaLog.open(Cluster(bootstrap, wait_seconds=10)) as log:
        end = await log.end([EVENTS])
        found: list[str] = []
        async with log.tail([EVENTS]) as tail, asyncio.timeout(120):
            while not tail.position.covers(end):
                found += [record.event_id for record in await tail.poll(5000, 1.0)]
    return len(found), len(found) - len(set(found))


@pytest.mark.parametrize("outage", ["stopped", "paused"])
async def test_an_outage_of_the_broker(broker: Broker, stage: Stage, outage: str) -> None:
    load, decisions = stage.load, stage.decisions
    running = asyncio.create_task(load.run(WORKERS))
    deciding = asyncio.create_task(decisions.run())
    began = time.monotonic()
    await asyncio.sleep(4)
    rate = len(load.acked) * BATCH / (time.monotonic() - began)
    load.refused.clear()
    decisions.answers = decisions.errors = 0

    await asyncio.to_thread(broker.stop) if outage == "stopped" else broker.pause()
    gone = time.monotonic()
    await asyncio.sleep(SECONDS)
    quiet = load.last_ack <= gone + 0.1
    slowest = max(load.refused)
    memory = resident_bytes(stage.ingest.process.pid)
    await asyncio.to_thread(broker.start) if outage == "stopped" else broker.resume()
    recovered = await load.ack_after(time.monotonic(), 60)

    await asyncio.sleep(2)
    load.end()
    await running
    deciding.cancel()
    await asyncio.gather(deciding, return_exceptions=True)
    acked = len(load.acked) * BATCH
    events, copies = await written(broker.bootstrap)
    counts = {
        "seconds without the broker": SECONDS,
        "events/s before": rate,
        "events acknowledged": acked,
        "of them lost": acked - (events - copies),
        "copies in the log, dropped by id": copies,
        "refusals": len(load.refused),
        "slowest refusal, s": slowest,
        "recovered after, s": recovered,
        "ingest's memory, MiB": memory / 2**20,
        "decisions meanwhile": decisions.answers,
        "errors of decisions": decisions.errors,
    }
    print(table(f"broker {outage}", counts))
    assert rate >= LEAST_RATE
    assert quiet
    assert counts["of them lost"] == 0
    assert slowest <= 1.0
    assert recovered <= 10
    assert decisions.answers > 10 * SECONDS
    assert decisions.errors == 0
