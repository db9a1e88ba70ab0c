"""Appends records: within a bounded time and memory, or not at all as far as is known."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from dramatis.core.errors import Invalid
from dramatis.runtime import log_metrics, partition
from dramatis.runtime.event_log import NewRecord, Position
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka.connection import Connection
from dramatis.runtime.kafka.delivery import Delivery
from dramatis.runtime.kafka.errors import translated
from dramatis.runtime.kafka.lane import Lane
from dramatis.runtime.kafka.patience import Patience
from dramatis.runtime.kafka.records import Wire, size, to_wire
from dramatis.runtime.kafka.room import Room
from dramatis.runtime.kafka.topics import MAX_RECORD_BYTES
from dramatis.runtime.topics import Topic

ROOM_BYTES = 16 << 20
SLOWEST = 10e6  # bytes a second that a large record may take longer for


class Appender:
    """The writing half of the log."""

    def __init__(
        self, cluster: Cluster, known: Mapping[str, Topic], partitions: Mapping[str, int]
    ) -> None:
        self._cluster = cluster
        self._topics = known
        self._connection = Connection(cluster)
        self._room = Room(ROOM_BYTES)
        self._patience = Patience()
        self._lanes = {
            topic: [
                Lane(self._connection, cluster.name(topic), each, self._patience.find)
                for each in range(count)
            ]
            for topic, count in partitions.items()
        }

    @classmethod
    @asynccontextmanager
    async def open(
        cls, cluster: Cluster, known: Mapping[str, Topic], partitions: Mapping[str, int]
    ) -> AsyncIterator["Appender"]:
        """Connects, and closes without waiting for what is on its way."""
        appender = cls(cluster, known, partitions)
        try:
            await appender._connection.session()
            yield appender
        finally:
            await appender.close()

    async def append(self, records: Sequence[NewRecord]) -> Sequence[Position]:
        """See `EventLog`.

        Raises:
            Invalid: a record is larger than its topic takes; nothing was written.
            Unavailable: not all are known to be written within the time.
        """
        if not records:
            return ()
        wires = [to_wire(each, self._topics[each.topic].compacted) for each in records]
        needed = _check(wires)
        places = [partition.of(each.key, len(self._lanes[each.topic])) for each in records]
        with translated():
            await self._patience.wait()
            try:
                async with asyncio.timeout(self._cluster.wait_seconds + needed / SLOWEST):
                    offsets = await self._within_room(needed, records, places, wires)
            except TimeoutError:
                if any(lane.busy for lanes in self._lanes.values() for lane in lanes):
                    self._patience.lose()
                raise
        log_metrics.appended(records)
        return [
            Position(record.topic, place, offset)
            for record, place, offset in zip(records, places, offsets, strict=True)
        ]

    async def _within_room(
        self,
        needed: int,
        records: Sequence[NewRecord],
        places: Sequence[int],
        wires: Sequence[Wire],
    ) -> Sequence[int]:
        taken = await self._room.take(needed)
        try:
            return await self._send(records, places, wires)
        finally:
            self._room.give(taken)

    async def _send(
        self, records: Sequence[NewRecord], places: Sequence[int], wires: Sequence[Wire]
    ) -> Sequence[int]:
        delivery = Delivery(len(records))
        lanes = [
            self._lanes[each.topic][place] for each, place in zip(records, places, strict=True)
        ]
        for index, (lane, wire) in enumerate(zip(lanes, wires, strict=True)):
            lane.put((delivery, index, wire))
        try:
            return await delivery.wait()
        except BaseException:
            for lane, count in Counter(lanes).items():
                lane.abandon(count)
            raise

    async def close(self) -> None:
        """Gives up what is on its way."""
        for lanes in self._lanes.values():
            for lane in lanes:
                await lane.close()
        await self._connection.close()


def _check(wires: Sequence[Wire]) -> int:
    """The bytes of all; refuses one that no topic takes."""
    sizes = [size(wire) for wire in wires]
    if max(sizes) > MAX_RECORD_BYTES:
        raise Invalid(
            f"a record may have {MAX_RECORD_BYTES} bytes, this one has {max(sizes)}",
            reason="RECORD_TOO_LARGE",
        )
    return sum(sizes)
