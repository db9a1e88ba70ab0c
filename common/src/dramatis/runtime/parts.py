"""What a service is made of while it runs: opened adapters, servicers, background work."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, TypeVar

import structlog

from dramatis.runtime.health import Health
from dramatis.runtime.server import Server

T = TypeVar("T")
_logger = structlog.get_logger(__name__)


class Parts:
    """What a service's `build` hangs its parts on."""

    def __init__(self, server: Server, health: Health, stack: AsyncExitStack) -> None:
        self.health = health
        self._server = server
        self._stack = stack
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self._failed = False

    async def enter(self, part: AbstractAsyncContextManager[T]) -> T:
        """Opens a part now and closes it when the service stops, in reverse order."""
        return await self._stack.enter_async_context(part)

    def serve(self, add_to_server: Callable[[Any, Any], None], servicer: object) -> None:
        """Answers a gRPC service, with the generated `add_..._to_server` and its servicer."""
        self._server.add(add_to_server, servicer)

    def condition(self, name: str) -> Callable[[bool], None]:
        """Makes readiness depend on a condition, such as `snapshot`; returns how to set it."""
        self.health.require(name)
        return lambda holds: self.health.set(name, holds)

    def background(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Runs work beside the server until the service stops; if it raises, the service stops."""
        task = asyncio.create_task(self._guard(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Asks the service to stop."""
        self._ended.set()

    async def wait(self) -> bool:
        """Waits until the service was asked to stop or a part failed; returns whether one did."""
        await self._ended.wait()
        return self._failed

    async def cancel(self) -> None:
        """Ends the background work."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _guard(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception:
            _logger.exception("background work failed", work=name)
            self._failed = True
            self.health.set(name, holds=False)
            self._ended.set()
