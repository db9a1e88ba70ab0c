"""Records from the cluster, as a `Subscription`.

The client's consumer fetches ahead. Which partitions it has, and from where they are read, is
told by who began it: once for a tail, at each rebalance for a member of a group. Until then
nothing that it fetched is handed out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from dramatis.core.errors import DramatisError, Unavailable
from dramatis.runtime.event_log import Record
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka.ending import settle, stop
from dramatis.runtime.kafka.errors import to_ours
from dramatis.runtime.kafka.pulse import SILENT_JOINING_SECONDS, Pulse
from dramatis.runtime.kafka.records import from_wire
from dramatis.runtime.log_metrics import GroupMeter
from dramatis.runtime.log_token import LogToken

LEAST_WAIT_SECONDS = 0.02  # what was asked for has to get a chance to arrive

Fetched = Mapping[TopicPartition, Sequence[Any]]
Starts = Mapping[TopicPartition, int]
Begin = Callable[["Reader"], Awaitable[None]]
"""Starts a consumer and gives it to `use`; it, or its listener, calls `place` afterwards."""


class Reader:
    """A `Subscription`. After a failure the next poll begins anew."""

    def __init__(self, cluster: Cluster, begin: Begin, group: str = "") -> None:
        self._cluster = cluster
        self._begin = begin
        self._meter = GroupMeter(group)
        self._consumer: Any = None
        self._beginning: asyncio.Task[None] | None = None
        self._placing: asyncio.Task[None] | None = None
        self._placed = asyncio.Event()
        self._next: dict[TopicPartition, int] = {}
        self._failure: Exception | None = None
        self._pulse = Pulse()
        self.idle = asyncio.Event()
        self.idle.set()

    @property
    def position(self) -> LogToken:
        """See `Subscription`."""
        return LogToken({self._place_of(at): end for at, end in self._next.items() if end})

    def _place_of(self, at: TopicPartition) -> tuple[str, int]:
        return self._cluster.topic(at.topic), at.partition

    async def poll(self, max_records: int, wait_seconds: float) -> Sequence[Record]:
        """See `Subscription`."""
        self.idle.set()
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            found = await self._fetch(max_records, began + max(wait_seconds, LEAST_WAIT_SECONDS))
        except (KafkaError, OSError, DramatisError) as error:
            await self.close()
            raise to_ours(error) from error
        if not found:
            await self._listen(loop.time() - began)
        records = self._take(found)
        if records:
            self.idle.clear()
        return records

    def use(self, consumer: Any) -> None:
        """The consumer, started."""
        self._consumer = consumer

    def hold(self, partitions: Collection[TopicPartition]) -> None:
        """These are ours; they are not to be fetched before it is known from where."""
        self._consumer.pause(*partitions)

    def place(self, starts: Awaitable[Starts]) -> None:
        """When they are known, partitions are read from these offsets."""
        self._placing = asyncio.create_task(self._place(starts))

    async def _place(self, starts: Awaitable[Starts]) -> None:
        try:
            self._next = dict(await starts)
            for at, offset in self._next.items():
                self._consumer.seek(at, offset)
            self._consumer.resume(*self._next)
            self._pulse = Pulse()
        except Exception as error:  # the next poll raises it
            self._failure = error
        self._placed.set()

    def displace(self) -> None:
        """Partitions will change: nothing is handed out until they are placed again."""
        if self._placing:
            self._placing.cancel()
        self._placed.clear()
        self._pulse = Pulse(SILENT_JOINING_SECONDS)
        self._meter.forget([self._place_of(at) for at in self._next])

    async def _fetch(self, max_records: int, deadline: float) -> Fetched:
        """What has come until then; nothing as long as the partitions are not placed."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await self._begun()
                await self._placed.wait()
                if self._failure:
                    raise self._failure
                left = deadline - asyncio.get_running_loop().time()
                found: Fetched = await self._consumer.getmany(
                    timeout_ms=max(1, int(left * 1000)), max_records=max_records
                )
                return found if self._placed.is_set() else {}
        return {}

    async def _begun(self) -> None:
        """A consumer is there; goes on with what an earlier poll did not wait for."""
        if self._consumer is None or self._beginning:
            self._beginning = self._beginning or asyncio.create_task(self._start())
            await asyncio.shield(self._beginning)
            self._beginning = None

    async def _start(self) -> None:
        await self._begin(self)

    async def _listen(self, waited_seconds: float) -> None:
        """Nothing came: is anybody there? Moves past gaps."""
        if self._placed.is_set():
            ends = self._pulse.listen(self._consumer, self._next, waited_seconds)
            self._next.update({at: max(end, self._next[at]) for at, end in ends.items()})
        else:
            self._pulse.wait(waited_seconds)
        weak = self._pulse.weak
        if self._pulse.stopped:
            await self.close()
        if weak:
            raise Unavailable("the event log cannot be read at the moment", reason="LOG_AWAY")

    def _take(self, found: Fetched) -> Sequence[Record]:
        records: list[Record] = []
        for at, each in found.items():
            topic = self._cluster.topic(at.topic)
            records += [from_wire(topic, one) for one in each]
            self._next[at] = each[-1].offset + 1
        if found:
            self._pulse.heard()
        if self._placed.is_set():
            ends = {at: self._consumer.highwater(at) or 0 for at in self._next}
            self._meter.handed(
                records, {self._place_of(at): ends[at] - place for at, place in self._next.items()}
            )
        return records

    async def close(self) -> None:
        """Stops reading; a later poll begins anew."""
        self.displace()
        self.idle.set()
        if self._beginning:
            await settle(self._beginning)
        if self._placing:
            await asyncio.gather(self._placing, return_exceptions=True)
        consumer, self._consumer = self._consumer, None
        self._beginning = self._placing = self._failure = None
        if consumer is not None:
            await stop(consumer)
