"""A sender that insists: every window is sent until it is acknowledged, whatever happens to the server."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field

import grpc

from dramatis.api.common.v1 import event_pb2, item_pb2
from dramatis.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from dramatis.runtime.log_token import LogToken

RETRY = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200)]
TRY_AGAIN = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
)
OUR_END = "Internal error from Core"
"""What grpc.aio says, as INTERNAL, where the connection went while our end was writing: no server said it."""
Window = Sequence[event_pb2.Event]


@dataclass
class Sent:
    """What became of a load.

    Attributes:
        acked: ids of events that the server said are durable.
        breaks: streams that ended early, by status code.
        seconds: from the first window to the last acknowledgement.
        token: covers all of it.
    """

    acked: set[str] = field(default_factory=set)
    breaks: list[grpc.StatusCode] = field(default_factory=list)
    seconds: float = 0.0
    token: LogToken = field(default_factory=LogToken)


async def insist(
    address: str, key: str, windows: Sequence[Window], per_second: float, ahead: int = 4
) -> Sent:
    """Sends all windows at that many events per second, each until it is acknowledged."""
    sent, left, begun = Sent(), deque(windows), time.monotonic()
    async with grpc.aio.insecure_channel(address, options=RETRY) as channel:
        stub = ingest_pb2_grpc.IngestServiceStub(channel)
        while left:
            try:
                await _stream(stub, key, left, per_second, ahead, sent)
            except grpc.aio.AioRpcError as error:
                if error.code() not in TRY_AGAIN and error.details() != OUR_END:
                    raise
                sent.breaks.append(error.code())
                await asyncio.sleep(0.05)
    sent.seconds = time.monotonic() - begun
    return sent


async def _stream(
    stub: "ingest_pb2_grpc.IngestServiceAsyncStub", key: str, left: deque[Window],
    per_second: float, ahead: int, sent: Sent,
) -> None:  # fmt: skip
    """One stream: takes from `left` what is acknowledged."""
    free = asyncio.Semaphore(ahead)

    async def requests() -> AsyncIterator[ingest_pb2.StreamEventsRequest]:
        for sequence, window in enumerate(tuple(left), 1):
            await free.acquire()
            yield ingest_pb2.StreamEventsRequest(sequence=sequence, events=window)
            await asyncio.sleep(len(window) / per_second)

    metadata = [("authorization", f"Bearer {key}")]
    async for answer in stub.StreamEvents(requests(), metadata=metadata):
        refused = {
            each.index: each.result
            for each in answer.exceptions
            if each.result.outcome != item_pb2.ITEM_OUTCOME_DUPLICATE
        }
        assert not refused, refused
        sent.acked.update(event.event_id for event in left.popleft())
        sent.token = sent.token.merge(LogToken.decode(answer.log_token))
        free.release()


def orders(count: int, recipients: int, window: int) -> Iterator[Window]:
    """Yields windows of events: a send to each recipient, then orders of one currency unit each.

    Orders add up: what is lost is missing in the sum, what counts twice is too much in it.
    """
    events = (_event(row, recipients) for row in range(count))
    while made := list(itertools.islice(events, window)):
        yield made


def _event(row: int, recipients: int) -> event_pb2.Event:
    event = event_pb2.Event(event_id=f"event-{row}", recipient_id=f"r{row % recipients}")
    event.event_time.FromSeconds(1_767_225_600 + row)
    event.attribution.campaign_id = "ab"[row % recipients % 2]
    if row < recipients:
        event.message.kind = event_pb2.MESSAGE_EVENT_KIND_SENT
    else:
        event.order.kind = event_pb2.ORDER_EVENT_KIND_COMPLETED
        event.order.order_id = event.event_id
        event.order.amount.micros = 1_000_000
    return event
