"""A world in memory, and events to send into it."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dramatis.api.common.v1 import event_pb2
from dramatis.core.errors import Unavailable
from dramatis.ingest.adapters.grpc_items import read_event, to_event
from dramatis.ingest.adapters.memory import MemoryStore
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.incoming import IncomingEvent
from dramatis.ingest.ports import Effect
from dramatis.runtime.event_log import Record
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.memory_log import MemoryLog
from dramatis.wire import consents

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


class BrokenStore(MemoryStore):
    """A store that cannot write while `broken`: the disk is full, or the process died there."""

    broken = False

    async def save(self, effect: Effect) -> None:
        if self.broken:
            raise Unavailable("the disk is full")
        await super().save(effect)


def pseudonym(tenant: str, text: str) -> str:
    """Not keyed, but as long as ours, and another for each tenant."""
    return hashlib.sha256(f"{tenant}/{text}".encode()).hexdigest()[:32]


def make_world(store: MemoryStore | None = None, **parts: Any) -> World:
    return World(
        MemoryLog(),
        store or MemoryStore(),
        lambda: NOW,
        consents.from_recipient,
        read_event,
        pseudonym,
        **parts,
    )


async def records(world: World, topic: str) -> Sequence[Record]:
    """All that is in a topic, in the order of each partition."""

    async def start() -> LogToken:
        return LogToken()

    async with world.log.subscribe({topic}, "test", start) as subscription:
        return await subscription.poll(100_000, 0.01)


def message(event_id: str, recipient_id: str = "r1", **fields: Any) -> event_pb2.Event:
    """An event that is as it should be, but for `fields`; with no payload given, an e-mail sent."""
    event = event_pb2.Event(event_id=event_id, recipient_id=recipient_id)
    event.event_time.FromDatetime(NOW - timedelta(hours=1))
    event.MergeFrom(event_pb2.Event(**fields))
    if event.WhichOneof("payload") is None:
        event.message.kind = event_pb2.MESSAGE_EVENT_KIND_SENT
    return event


def event(event_id: str, recipient_id: str = "r1", **fields: Any) -> IncomingEvent:
    return to_event(message(event_id, recipient_id, **fields))


def unsubscribed(event_id: str, recipient_id: str = "r1") -> IncomingEvent:
    kind = event_pb2.MESSAGE_EVENT_KIND_UNSUBSCRIBED
    return event(event_id, recipient_id, message=event_pb2.MessageEvent(kind=kind))
