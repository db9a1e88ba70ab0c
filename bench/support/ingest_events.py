"""Windows of events of every common kind, drawn with a seed, serialised as a client sends them."""

import itertools
from collections.abc import Iterator
from typing import Final

import numpy as np

from dramatis.api.common.v1 import event_pb2
from dramatis.api.ingest.v1 import ingest_pb2

RECIPIENTS: Final = 20_000
SPAN: Final = 8_000_000  # seconds
START: Final = 1_767_225_600  # 2026-01-01T00:00:00Z
_MESSAGES: Final = (
    event_pb2.MESSAGE_EVENT_KIND_SENT,
    event_pb2.MESSAGE_EVENT_KIND_DELIVERED,
    event_pb2.MESSAGE_EVENT_KIND_OPENED,
    event_pb2.MESSAGE_EVENT_KIND_CLICKED,
)


def windows(name: str, size: int, rng: np.random.Generator) -> Iterator[bytes]:
    """Yields the windows of one stream, `size` new events each, without end.

    Args:
        name: what the events' ids begin with; another one for each stream.
        size: events of a window.
        rng: draws recipients and kinds.
    """
    for sequence in itertools.count(1):
        request = ingest_pb2.StreamEventsRequest(sequence=sequence)
        drawn = rng.integers(0, RECIPIENTS, size), rng.integers(0, 6, size)
        for row, (recipient, kind) in enumerate(zip(*drawn, strict=True), (sequence - 1) * size):
            event_id, seconds = f"{name}-{row}", START + row % SPAN
            _fill(request.events.add(), event_id, int(recipient), int(kind), seconds)
        yield request.SerializeToString()


def _fill(event: event_pb2.Event, event_id: str, recipient: int, kind: int, seconds: int) -> None:
    event.event_id = event_id
    event.recipient_id = f"recipient-{recipient}"
    event.event_time.seconds = seconds
    event.attribution.campaign_id = f"campaign-{recipient % 20}"
    if kind < len(_MESSAGES):
        event.message.kind = _MESSAGES[kind]
        event.message.message_id = f"message-{recipient}-{seconds % 7}"
    elif kind == len(_MESSAGES):
        event.site.kind = event_pb2.SITE_EVENT_KIND_PRODUCT_VIEWED
        event.site.page = f"/products/{recipient % 300}"
        event.site.product_id = f"sku-{recipient % 300}"
        event.context.session_id = f"session-{recipient}"
        event.context.device_class = "phone"
    else:
        event.order.kind = event_pb2.ORDER_EVENT_KIND_COMPLETED
        event.order.order_id = event_id
        event.order.amount.micros = 10_000_000 + 1_000 * recipient
