"""Where the partitions end."""

import asyncio
from collections.abc import Collection
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka.ending import stop
from dramatis.runtime.kafka.errors import translated
from dramatis.runtime.log_token import LogToken


class Lookup:
    """Asks the brokers; connects when it is first needed."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._consumer: Any = None
        self._starting = asyncio.Lock()

    async def ends(self, partitions: Collection[TopicPartition]) -> LogToken:
        """Covers everything that is in the partitions now.

        Raises:
            Unavailable: the brokers did not answer in time.
        """
        with translated():
            async with asyncio.timeout(self._cluster.wait_seconds):
                consumer = await self._started()
                ends = await consumer.end_offsets(partitions)
        name = self._cluster.topic
        return LogToken({(name(at.topic), at.partition): end for at, end in ends.items() if end})

    async def _started(self) -> Any:
        async with self._starting:
            if self._consumer is None:
                consumer = AIOKafkaConsumer(**self._cluster.arguments)
                try:
                    await consumer.start()
                except BaseException:
                    await stop(consumer)
                    raise
                self._consumer = consumer
        return self._consumer

    async def close(self) -> None:
        """Ends the connection."""
        if self._consumer is not None:
            await stop(self._consumer)
