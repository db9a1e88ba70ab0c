"""A stream of windows into a running ingest: how fast, and how long each waits for its answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import grpc
import numpy as np

from dramatis.api.ingest.v1 import ingest_pb2

_METHOD = "/dramatis.api.ingest.v1.IngestService/StreamEvents"


@dataclass(slots=True)
class Run:
    """What a stream saw.

    Attributes:
        events: accepted.
        seconds: from the first window to the last answer.
        waits: seconds from sending to answer, of each window.
    """

    events: int = 0
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds

    def wait_ms(self, quantile: float) -> float:
        """That quantile of the waits, in milliseconds."""
        return float(np.quantile(self.waits, quantile)) * 1e3


async def stream(
    channel: grpc.aio.Channel, windows: Iterator[bytes], count: int, size: int,
    *, ahead: int, rate: float | None = None,
) -> Run:  # fmt: skip
    """Sends windows of `size` events, at most `ahead` of them before their answers.

    Args:
        channel: to ingest.
        windows: serialised requests; every event has to be acceptable.
        count: how many of them.
        size: events in each.
        ahead: how many may be on their way.
        rate: events per second to keep to; as fast as it goes where None.
    """
    run, begun, free = Run(), time.perf_counter(), asyncio.Semaphore(ahead)
    sent: list[float] = []

    async def requests() -> AsyncIterator[bytes]:
        for number in range(count):
            window = next(windows)
            await free.acquire()
            if rate:
                await asyncio.sleep(begun + number * size / rate - time.perf_counter())
            sent.append(time.perf_counter())
            yield window

    call: grpc.aio.StreamStreamMultiCallable[bytes, ingest_pb2.StreamEventsResponse]
    call = channel.stream_stream(
        _METHOD, response_deserializer=ingest_pb2.StreamEventsResponse.FromString
    )
    async for answer in call(requests()):
        run.waits.append(time.perf_counter() - sent[len(run.waits)])
        run.events += size - len(answer.exceptions)
        free.release()
    run.seconds = time.perf_counter() - begun
    return run
