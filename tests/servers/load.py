"""A steady load on the log, or on anything that takes batches, through outages."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Send = Callable[[int], Awaitable[bool]]
"""Sends the batch of that number; whether it was acknowledged. Anything else it raises."""


@dataclass
class Load:
    """Batches sent by several workers, each again and again until it is acknowledged.

    Attributes:
        send: sends one batch.
        pause_seconds: of a worker, between two answers.
        acked: batches that were acknowledged.
        refused: seconds that each answer took that was no acknowledgement.
        last_ack: when the last one came, monotonic seconds.
    """

    send: Send
    pause_seconds: float
    acked: set[int] = field(default_factory=set)
    refused: list[float] = field(default_factory=list)
    last_ack: float = 0.0
    _next: int = 0
    _ending: bool = False

    async def run(self, workers: int) -> None:
        """Sends until told to end."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(workers):
                tasks.create_task(self._work())

    def end(self) -> None:
        """No further batch is begun; those that were are sent until they are acknowledged."""
        self._ending = True

    async def _work(self) -> None:
        while not self._ending:
            number, self._next = self._next, self._next + 1
            while not await self._try(number):
                await asyncio.sleep(self.pause_seconds)
            self.acked.add(number)
            self.last_ack = time.monotonic()
            await asyncio.sleep(self.pause_seconds)

    async def _try(self, number: int) -> bool:
        began = time.monotonic()
        acknowledged = await self.send(number)
        if not acknowledged:
            self.refused.append(time.monotonic() - began)
        return acknowledged

    async def ack_after(self, moment: float, within_seconds: float) -> float:
        """Waits for an acknowledgement after the moment; returns how many seconds it took."""
        async with asyncio.timeout(within_seconds):
            while self.last_ack <= moment:
                await asyncio.sleep(0.01)
        return self.last_ack - moment
