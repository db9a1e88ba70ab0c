"""Where the partitions end."""

import asyncio
from collections.abc import Collection
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka.ending import settle, stop
from dramatis.runtime.kafka.errors import translated
from dramatis.runtime.log_token import LogToken


class Lookup:
    """Asks the brokers; connects when it is first needed."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._starting: asyncio.Task[Any] | None = None

    async def ends(
        self, partitions: Collection[TopicPartition], wait_seconds: float | None = None
    ) -> LogToken:
        """Covers everything that is in the partitions now.

        Args:
            partitions: which.
            wait_seconds: instead of the cluster's; a new topic takes a while to have leaders.

        Raises:
            Unavailable: the brokers did not answer in time.
        """
        with translated():
            async with asyncio.timeout(wait_seconds or self._cluster.wait_seconds):
                consumer = await self._consumer()
                ends = await consumer.end_offsets(partitions)
        name = self._cluster.topic
        return LogToken({(name(at.topic), at.partition): end for at, end in ends.items() if end})

    async def _consumer(self) -> Any:
        """The one consumer; who waits for it in vain leaves it starting for the next."""
        if self._starting is None or (self._starting.done() and self._starting.exception()):
            self._starting = asyncio.create_task(self._start())
        return await asyncio.shield(self._starting)

    async def _start(self) -> Any:
        consumer = AIOKafkaConsumer(**self._cluster.arguments)
        try:
            await consumer.start()
        except BaseException:
            await stop(consumer)
            raise
        return consumer

    async def close(self) -> None:
        """Ends the connection."""
        starting, self._starting = self._starting, None
        if starting and await settle(starting) and not starting.exception():
            await stop(starting.result())
