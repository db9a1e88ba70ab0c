"""The event log on Apache Kafka: what production runs on.

A key lives in the partition that `partition.of` names, among as many as the topic has; so a
topic must never get more of them. Groups share partitions, positions are kept by their stores.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import TopicPartition

from dramatis.core.errors import Unavailable
from dramatis.runtime import topics
from dramatis.runtime.event_log import NewRecord, Position, StartFrom, Subscription
from dramatis.runtime.kafka import readers
from dramatis.runtime.kafka.appender import Appender
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka.errors import translated
from dramatis.runtime.kafka.lookup import Lookup
from dramatis.runtime.kafka.topics import ensure
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.topics import Topic, check_topics

OPEN_SECONDS = 10.0  # brokers that start beside us get that long
_AGAIN_SECONDS = 0.5
_STARTING = {"LOG_AWAY", "LOG_SLOW"}


class KafkaLog:
    """An `EventLog` on a cluster."""

    def __init__(
        self, cluster: Cluster, known: Mapping[str, Topic], appender: Appender, lookup: Lookup,
        partitions: Mapping[str, int],
    ) -> None:  # fmt: skip
        self._cluster = cluster
        self._topics = known
        self._appender = appender
        self._lookup = lookup
        self._partitions = partitions

    @classmethod
    @asynccontextmanager
    async def open(
        cls, cluster: Cluster, known: Mapping[str, Topic] = topics.ALL
    ) -> AsyncIterator["KafkaLog"]:
        """Connects; makes topics that are missing.

        Raises:
            Unavailable: the brokers are away or do not let us; the message says what to do.
        """
        partitions = await _ensured(cluster, known)
        lookup = Lookup(cluster)
        try:
            async with Appender.open(cluster, known, partitions) as appender:
                log = cls(cluster, known, appender, lookup, partitions)
                await lookup.ends(log._places(known), OPEN_SECONDS)
                yield log
        finally:
            await lookup.close()

    async def append(self, records: Sequence[NewRecord]) -> Sequence[Position]:
        """See `EventLog`. Answers within the cluster's `wait_seconds`, a little more for MBs."""
        check_topics({record.topic for record in records}, self._topics)
        return await self._appender.append(records)

    @asynccontextmanager
    async def subscribe(
        self, topics: Collection[str], group: str, start: StartFrom
    ) -> AsyncIterator[Subscription]:
        """See `EventLog`. `start` is asked at each rebalance; the first poll joins the group."""
        check_topics(topics, self._topics)
        reader = readers.member(self._cluster, topics, group, start)
        try:
            yield reader
        finally:
            await reader.close()

    @asynccontextmanager
    async def tail(
        self, topics: Collection[str], start: LogToken | None = None
    ) -> AsyncIterator[Subscription]:
        """See `EventLog`."""
        reader = readers.tail(self._cluster, self._places(topics), start or LogToken())
        try:
            yield reader
        finally:
            await reader.close()

    async def end(self, topics: Collection[str]) -> LogToken:
        """See `EventLog`."""
        return await self._lookup.ends(self._places(topics))

    def _places(self, topics: Collection[str]) -> Sequence[TopicPartition]:
        check_topics(topics, self._topics)
        return [
            TopicPartition(self._cluster.name(topic), number)
            for topic in topics
            for number in range(self._partitions[topic])
        ]


async def _ensured(cluster: Cluster, known: Mapping[str, Topic]) -> Mapping[str, int]:
    """The topics' partitions, from brokers that may be starting."""
    deadline = asyncio.get_running_loop().time() + OPEN_SECONDS
    while True:
        try:
            with translated():
                return await ensure(cluster, known)
        except Unavailable as error:
            if error.reason not in _STARTING or asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(_AGAIN_SECONDS)
