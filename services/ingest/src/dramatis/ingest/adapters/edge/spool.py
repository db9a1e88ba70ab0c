"""Opens and clicks wait here until they are in the log, so that nobody waits for the log.

Nobody is told that they are durable. They wait in memory: what waits when the process is killed, or
comes when the spool is full, is lost and counted. A stop writes what waits.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog

from dramatis.core.errors import DramatisError, Retryable
from dramatis.ingest import metrics
from dramatis.ingest.adapters.edge.publish import publish
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.incoming import IncomingEvent

MAX_WAITING: Final = 20_000
BATCH: Final = 500
RETRY_SECONDS: Final = 1.0
STOP_SECONDS: Final = 5.0

_logger = structlog.get_logger(__name__)


class Spool:
    """A bounded line of events, of all tenants."""

    def __init__(self, world: World, most: int = MAX_WAITING) -> None:
        self._world = world
        self._most = most
        self._waiting: deque[tuple[str, IncomingEvent]] = deque()
        self._came = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, tenant: str, event: IncomingEvent) -> bool:
        """Puts an event into the line; returns False where there was no room."""
        if len(self._waiting) >= self._most:
            metrics.SPOOL_LOST.inc()
            return False
        self._waiting.append((tenant, event))
        metrics.SPOOL_WAITING.set(len(self._waiting))
        self._came.set()
        return True

    async def run(self) -> None:
        """Writes what waits, until cancelled; tries again while nothing can be written."""
        while True:
            await self._came.wait()
            self._came.clear()
            while self._waiting:
                if not await self.write():
                    await asyncio.sleep(RETRY_SECONDS)

    async def write(self) -> bool:
        """Writes the first events of the line; returns False where they have to stay in it."""
        batch = [self._waiting[at] for at in range(min(BATCH, len(self._waiting)))]
        try:
            await self._publish(batch)
        except Retryable:
            return False
        except DramatisError as error:
            metrics.SPOOL_LOST.inc(len(batch))
            _logger.error("events were lost", events=len(batch), reason=error.reason)
        for _ in batch:
            self._waiting.popleft()
        metrics.SPOOL_WAITING.set(len(self._waiting))
        return True

    async def _publish(self, batch: Sequence[tuple[str, IncomingEvent]]) -> None:
        for tenant, events in _by_tenant(batch).items():
            await publish(self._world, tenant, events, sum(len(each.value) for each in events))


def _by_tenant(
    batch: Sequence[tuple[str, IncomingEvent]],
) -> Mapping[str, Sequence[IncomingEvent]]:
    found: dict[str, list[IncomingEvent]] = {}
    for tenant, event in batch:
        found.setdefault(tenant, []).append(event)
    return found


@asynccontextmanager
async def running(world: World) -> AsyncIterator[Spool]:
    """A spool that writes; at the end it writes what still waits, for a few seconds at most."""
    spool = Spool(world)
    work = asyncio.create_task(spool.run(), name="spool")
    try:
        yield spool
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await _flush(spool)


async def _flush(spool: Spool) -> None:
    try:
        async with asyncio.timeout(STOP_SECONDS):
            while len(spool) and await spool.write():
                pass
    except TimeoutError:
        pass
    if len(spool):
        metrics.SPOOL_LOST.inc(len(spool))
        _logger.error("events were lost at the stop", events=len(spool))
