"""The life of one connector: lease, read, take in, and after a failure again from its cursor.

A connector that fails, in whatever way, waits and tries again; neither the service nor the other
connectors notice. What it logs are reasons and places in the code, never what a source said.
"""

import asyncio
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import Any, Final, Protocol

import numpy as np
import structlog

from dramatis.core.errors import Conflict, DramatisError, Retryable, Unavailable
from dramatis.ingest import metrics
from dramatis.ingest.app.feeds import Desk, Taken, take_in
from dramatis.ingest.domain.feeds.connector import Connector
from dramatis.ingest.domain.third_party import Party
from dramatis.runtime import backoff

FIRST_SECONDS: Final = 1.0
MOST_SECONDS: Final = 300.0
LEASE: Final = timedelta(seconds=60)

Take = Callable[[Desk, Any, str, Any], Awaitable[Taken]]
"""Takes in a batch of a connector: desk, connector, holder, batch."""

_logger = structlog.get_logger(__name__)


class Readable(Protocol):
    """What is read in batches: a `Source`, or the file of a third party."""

    def batches(self, cursor: str) -> AsyncGenerator[Any, None]:
        """See `Source`."""
        ...


class Runner:
    """Runs one connector as long as no other process does."""

    def __init__(
        self,
        desk: Desk,
        connector: Connector | Party,
        source: Readable,
        holder: str,
        *,
        rng: np.random.Generator | None = None,
        lease: timedelta = LEASE,
        first_seconds: float = FIRST_SECONDS,
        take: Take = take_in,
    ) -> None:
        """Makes the runner; nothing is asked before `run`.

        Args:
            desk: what connectors share.
            connector: what becomes of the items.
            source: where they are from.
            holder: names this process; no other process has the name.
            rng: spreads the retries.
            lease: so long after a crash another process takes over.
            first_seconds: the wait after a first failure.
            take: takes a batch in.
        """
        self._desk = desk
        self._connector = connector
        self._source = source
        self._holder = holder
        self._rng = rng or np.random.default_rng()
        self._lease = lease
        self._first_seconds = first_seconds
        self._take = take

    async def run(self) -> None:
        """Runs until cancelled; then gives the lease back."""
        try:
            while True:
                if await self._leased():
                    metrics.CONNECTOR_HELD.labels(self._label).set(1)
                    await _first_of(self._hold, self._read)
                    metrics.CONNECTOR_HELD.labels(self._label).set(0)
                await asyncio.sleep(self._pause)
        finally:
            with suppress(Unavailable):
                await self._desk.cursors.release(self._connector.name, self._holder)

    async def _leased(self) -> bool:
        """Whether the lease is ours, from now for its time."""
        now = self._desk.world.clock()
        try:
            return await self._desk.cursors.lease(
                self._connector.name, self._holder, now, now + self._lease
            )
        except Retryable as error:
            self._failed(error.reason)
            return False

    async def _hold(self) -> None:
        """Renews the lease until it is lost; a store that is away for its time counts as lost."""
        until = self._desk.world.clock() + self._lease
        while self._desk.world.clock() < until:
            await asyncio.sleep(self._pause)
            if await self._leased():
                until = self._desk.world.clock() + self._lease

    async def _read(self) -> None:
        """Reads until the lease is found to be lost."""
        delays = backoff.delays(self._rng, self._first_seconds, MOST_SECONDS)
        while True:
            try:
                cursor = await self._desk.cursors.cursor(self._connector.name)
                async with aclosing(self._source.batches(cursor)) as batches:
                    async for batch in batches:
                        for reason in batch.broken:
                            metrics.CONNECTOR_ERRORS.labels(self._label, reason).inc()
                        taken = await self._take(self._desk, self._connector, self._holder, batch)
                        metrics.count_taken(self._label, taken, self._desk.world.clock())
                        delays = backoff.delays(self._rng, self._first_seconds, MOST_SECONDS)
            except Conflict as error:
                self._failed(error.reason)
                return
            except Retryable as error:
                self._failed(error.reason.lower())
                await asyncio.sleep(max(next(delays), error.retry_after_seconds))
            except Exception as error:
                self._failed("bug", at=_place(error))
                await asyncio.sleep(next(delays))

    @property
    def _label(self) -> str:
        return self._connector.name.connector

    @property
    def _pause(self) -> float:
        return self._lease.total_seconds() / 3

    def _failed(self, reason: str, **more: str) -> None:
        metrics.CONNECTOR_ERRORS.labels(self._label, reason).inc()
        _logger.warning("connector waits", connector=self._label, reason=reason, **more)


async def _first_of(*works: Callable[[], Awaitable[None]]) -> None:
    """Runs works side by side until one of them ends, then ends the others."""
    tasks = [asyncio.ensure_future(work()) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def _place(error: Exception) -> str:
    """Where in the code; not the message, which may quote what a source said."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    kind = error.reason if isinstance(error, DramatisError) else type(error).__name__
    return f"{kind} at {last.name}:{last.lineno}"
