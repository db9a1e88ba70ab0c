"""The two ways to read: all partitions on one's own, or a share as a member of a group."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from dramatis.core.errors import Unavailable
from dramatis.runtime.event_log import StartFrom
from dramatis.runtime.kafka.cluster import REQUEST_SECONDS, Cluster
from dramatis.runtime.kafka.ending import stop
from dramatis.runtime.kafka.reader import Reader, Starts
from dramatis.runtime.log_token import LogToken

REBALANCE_SECONDS = 0.75 * REQUEST_SECONDS
IN_HAND_SECONDS = 0.5 * REQUEST_SECONDS  # what a member has in hand it may apply before it lets go
SESSION_SECONDS = 10.0
PARTITION_BYTES, FETCH_BYTES = 1 << 19, 8 << 20
_logger = structlog.get_logger(__name__)


def tail(cluster: Cluster, partitions: Sequence[TopicPartition], start: LogToken) -> Reader:
    """Reads all of these partitions; other readers do not matter."""

    async def begin(reader: Reader) -> None:
        consumer = await _started(cluster)
        reader.use(consumer)
        consumer.assign(partitions)
        reader.hold(partitions)
        reader.place(_starts(cluster, consumer, partitions, start))

    return Reader(cluster, begin)


def member(cluster: Cluster, topics: Collection[str], group: str, start: StartFrom) -> Reader:
    """Reads a share of the topics' partitions, anew at each rebalance."""

    async def begin(reader: Reader) -> None:
        consumer = await _started(cluster, cluster.name(group))
        reader.use(consumer)
        listener = _Listener(cluster, consumer, reader, start)
        consumer.subscribe([cluster.name(each) for each in topics], listener=listener)

    return Reader(cluster, begin, group)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Lets partitions go after what is in hand was applied, takes new ones from the store's place.

    It must not hold up the client, which is silent to the broker meanwhile.
    """

    def __init__(self, cluster: Cluster, consumer: Any, reader: Reader, start: StartFrom) -> None:
        self._cluster = cluster
        self._consumer = consumer
        self._reader = reader
        self._start = start

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._reader.displace()
        with suppress(TimeoutError):
            async with asyncio.timeout(IN_HAND_SECONDS):
                await self._reader.idle.wait()

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self._reader.hold(assigned)
        self._reader.place(self._starts(assigned))

    async def _starts(self, assigned: Collection[TopicPartition]) -> Starts:
        applied = await self._start()
        return await _starts(self._cluster, self._consumer, assigned, applied)


async def _started(cluster: Cluster, group: str | None = None) -> Any:
    consumer = AIOKafkaConsumer(
        **cluster.arguments,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_bytes=FETCH_BYTES,
        max_partition_fetch_bytes=PARTITION_BYTES,
        session_timeout_ms=int(SESSION_SECONDS * 1000),
        rebalance_timeout_ms=int(REBALANCE_SECONDS * 1000),
    )
    try:
        await consumer.start()
    except BaseException:
        await stop(consumer)
        raise
    return consumer


async def _starts(
    cluster: Cluster, consumer: Any, partitions: Collection[TopicPartition], applied: LogToken
) -> Starts:
    """Where to read on: after what was applied, or where the log begins.

    Raises:
        Unavailable: more was applied than the log holds; it is not the log that it was.
    """
    if not partitions:
        return {}
    begins = await consumer.beginning_offsets(partitions)
    ends = await consumer.end_offsets(partitions)
    starts = {}
    for at in partitions:
        wanted = applied.next_offset(cluster.topic(at.topic), at.partition)
        if wanted > ends[at]:
            raise Unavailable(
                f"{at.topic}, partition {at.partition}, ends before what was read of it already: "
                "records were lost or the topic was made anew; restore it, or name other topics "
                "with DRAMATIS_KAFKA_TOPIC_PREFIX and start with empty stores",
                reason="LOG_TRUNCATED",
            )
        if 0 < wanted < begins[at]:
            missed = begins[at] - wanted
            _logger.error("records expired unread", topic=at.topic, count=missed)
        starts[at] = max(wanted, begins[at])
    return starts
