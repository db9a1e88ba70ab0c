"""The idempotent producer of this process, replaced where it cannot go on."""

import asyncio
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError

from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka.ending import stop
from dramatis.runtime.kafka.topics import MAX_RECORD_BYTES

BATCH_BYTES = 1 << 18
START_SECONDS = 10.0
_logger = structlog.get_logger(__name__)


class Session:
    """One producer, from its start until it cannot go on."""

    def __init__(self, producer: Any) -> None:
        self.producer = producer
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def send(self, batch: Any, topic: str, partition: int) -> int:
        """Returns the offset of the batch's first record, or -1 where the broker forgot it.

        Waits as long as the broker is away.

        Raises:
            KafkaError: it failed for good, or the session did.
        """
        sent = await self.producer.send_batch(batch, topic, partition=partition)
        sent.add_done_callback(lambda future: future.cancelled() or future.exception())
        await asyncio.wait({sent, self.lost}, return_when=asyncio.FIRST_COMPLETED)
        if not sent.done():
            raise KafkaConnectionError("the producer was replaced")
        return int(sent.result().offset)

    async def stop(self) -> None:
        """Ends the producer, whether or not the broker lets it finish."""
        if not self.lost.done():
            self.lost.set_result(None)
        await stop(self.producer)


class Connection:
    """At most one session at a time: its producer numbers the batches, so that the order stays.

    A broker that is away spoils nothing: the producer sends again what it holds, under the same
    numbers. After a batch that failed for good the numbers have a gap, and only another producer
    can go on.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._session: Session | None = None
        self._starting = asyncio.Lock()
        self._stopping: set[asyncio.Task[None]] = set()

    async def session(self) -> Session:
        """The session that works.

        Raises:
            KafkaError, OSError, TimeoutError: none can be had at the moment.
        """
        if self._session is None:
            async with self._starting:
                if self._session is None:
                    self._session = await self._started()
        return self._session

    def spoil(self, session: Session) -> None:
        """Says that this session cannot go on."""
        if session is self._session:
            _logger.warning("the producer is replaced")
            self._session = None
            task = asyncio.create_task(session.stop())
            self._stopping.add(task)
            task.add_done_callback(self._stopping.discard)

    async def close(self) -> None:
        """Ends the connections."""
        if self._session is not None:
            await self._session.stop()
        await asyncio.gather(*self._stopping, return_exceptions=True)

    async def _started(self) -> Session:
        session = Session(
            AIOKafkaProducer(
                **self._cluster.arguments,
                acks="all",
                enable_idempotence=True,
                compression_type="zstd",
                max_batch_size=BATCH_BYTES,
                max_request_size=MAX_RECORD_BYTES,
            )
        )
        try:
            async with asyncio.timeout(START_SECONDS):
                await session.producer.start()
        except BaseException:
            await session.stop()
            raise
        return session
