"""One partition's queue: while a batch is on its way, the next one gathers."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka.errors import KafkaError

from dramatis.core.errors import Unavailable
from dramatis.runtime.kafka.connection import Connection, Session
from dramatis.runtime.kafka.delivery import Delivery
from dramatis.runtime.kafka.errors import to_ours
from dramatis.runtime.kafka.records import Wire

Item = tuple[Delivery, int, Wire]


class Lane:
    """Sends the records of one partition in the order in which they were put.

    Batches are built here and not by the client, which would make a future for each record.
    """

    def __init__(
        self, connection: Connection, name: str, partition: int, ended: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._name = name
        self._partition = partition
        self._ended = ended
        self._items: deque[Item] = deque()
        self._abandoned = 0
        self._running: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a batch is on its way, of which `ended` will tell."""
        return self._running is not None

    def put(self, item: Item) -> None:
        """Queues a record."""
        self._items.append(item)
        if self._running is None:
            self._running = asyncio.create_task(self._run())

    def abandon(self, count: int) -> None:
        """So many of the records are no longer awaited; they are not to fill the memory."""
        self._abandoned += count
        if 2 * self._abandoned > len(self._items):
            self._items = deque(item for item in self._items if not item[0].abandoned)
            self._abandoned = 0

    async def close(self) -> None:
        """Gives up what is queued."""
        if self._running:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while self._items:
                await self._send()
                self._ended()
        finally:
            self._running = None
            self._ended()

    async def _send(self) -> None:
        """Sends one batch; whatever becomes of it, its records are told."""
        session: Session | None = None
        taken: Sequence[Item] = ()
        try:
            session = await self._connection.session()
            batch, taken = self._fill(session.producer.create_batch())
            if taken:
                self._land(taken, await session.send(batch, self._name, self._partition))
        except (KafkaError, OSError, TimeoutError) as error:
            if session is None:
                self._fail(self._drain(), to_ours(error))
            else:
                self._fail(taken, to_ours(error))
                self._connection.spoil(session)
        except asyncio.CancelledError:
            self._fail([*taken, *self._drain()], Unavailable("the event log is closing"))
            raise

    def _fill(self, batch: Any) -> tuple[Any, Sequence[Item]]:
        """Moves records into the batch, as many as it takes, without those that nobody awaits."""
        taken = []
        while self._items:
            delivery, _, (key, value, headers) = self._items[0]
            if not delivery.abandoned:
                if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
                    break
                taken.append(self._items[0])
            self._items.popleft()
        batch.close()
        return batch, taken

    def _land(self, taken: Sequence[Item], first: int) -> None:
        if first < 0:  # the broker knows that it has them, and no longer where
            self._fail(taken, to_ours(TimeoutError()))
            return
        for offset, (delivery, index, _) in enumerate(taken, start=first):
            delivery.landed(index, offset)

    def _drain(self) -> Sequence[Item]:
        items = list(self._items)
        self._items.clear()
        return items

    @staticmethod
    def _fail(items: Sequence[Item], error: Exception) -> None:
        for delivery, _, _ in items:
            delivery.failed(error)
