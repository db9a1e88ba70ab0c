"""Tenants have quotas, and one that sends far more than its own does not slow the others."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest

from dramatis.api.ingest.v1 import ingest_pb2 as pb
from dramatis.runtime import status
from tests.integration.ingest.conftest import KEYS, Connect, Ingest, Start

POLICY = """
tenants:
  acme: {items_per_second: 500, burst_items: 500}
"""
_numbers = itertools.count()


@pytest.fixture
def ingest(start: Start, tmp_path: Path) -> Ingest:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    return start(settings={"DRAMATIS_INGEST_POLICY": str(path)})


def batch(size: int) -> pb.PublishEventsRequest:
    request = pb.PublishEventsRequest(request_id=f"q{next(_numbers)}")
    for _ in range(size):
        event = request.events.add(event_id=f"e{next(_numbers)}", recipient_id="r1")
        event.event_time.FromSeconds(1_760_000_000)
        event.site.kind = 1  # type: ignore[assignment]
    return request


async def test_who_is_over_quota_is_told_when_to_come_again(
    ingest: Ingest, connect: Connect
) -> None:
    port = ingest.port()
    await connect(port).PublishEvents(batch(600))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await connect(port).PublishEvents(batch(1))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    info, retry = status.error_info(caught.value), status.retry_info(caught.value)
    assert info is not None
    assert info.reason == "QUOTA"
    assert retry is not None
    seconds = retry.retry_delay.ToTimedelta().total_seconds()
    assert 0 < seconds < 0.5
    await connect(port, "beta").PublishEvents(batch(1))
    await asyncio.sleep(seconds)
    await connect(port).PublishEvents(batch(1))


async def test_a_stream_is_kept_waiting_not_refused(ingest: Ingest, connect: Connect) -> None:
    stub = connect(ingest.port())

    async def windows() -> AsyncIterator[pb.StreamEventsRequest]:
        for sequence in range(1, 5):
            yield pb.StreamEventsRequest(sequence=sequence, events=batch(400).events)

    loop = asyncio.get_running_loop()
    began = loop.time()
    metadata = (("authorization", f"Bearer {KEYS['acme']}"),)
    answers = [each async for each in stub.StreamEvents(windows(), metadata=metadata)]
    assert [each.sequence for each in answers] == [1, 2, 3, 4]
    assert not any(each.exceptions for each in answers)
    assert loop.time() - began > 1, "1,600 events at 500 a second after a burst of 500"


async def latencies(stub: Any, count: int) -> Sequence[float]:
    loop = asyncio.get_running_loop()
    found = []
    for _ in range(count):
        began = loop.time()
        await stub.PublishEvents(batch(20))
        found.append(loop.time() - began)
        await asyncio.sleep(0.01)
    return sorted(found)


async def test_a_tenant_at_ten_times_its_quota_does_not_slow_others(
    ingest: Ingest, connect: Connect
) -> None:
    port = ingest.port()
    quiet, greedy = connect(port, "beta"), connect(port)
    await latencies(quiet, 20)
    alone = await latencies(quiet, 100)
    refused: list[grpc.StatusCode] = []

    async def flood() -> None:
        while True:
            try:
                await greedy.PublishEvents(batch(50))
            except grpc.aio.AioRpcError as error:
                refused.append(error.code())
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        flooding = group.create_task(flood())
        beside = await latencies(quiet, 100)
        flooding.cancel()
    assert len(refused) > 20, "it did send far too much"
    assert set(refused) == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    median, slow = len(beside) // 2, int(len(beside) * 0.95)
    assert beside[median] <= 1.5 * alone[median] + 0.01
    assert beside[slow] <= 2 * alone[slow] + 0.02
