"""Windows of a stream: several in work at once, written and answered in their order."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

from dramatis.core.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 4
"""Windows of one stream in work: one is looked up while another is written and a third noted."""


class Order:
    """The place of one window: it writes after those before it have."""

    def __init__(self, previous: "asyncio.Future[bool] | None") -> None:
        self._previous = previous
        self.written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for the window before to be written.

        Raises:
            Unavailable: it never will be; what follows it must be sent again after it.
        """
        if self._previous is not None and not await asyncio.shield(self._previous):
            raise Unavailable("a window before this one was not written; send both again")
        yield
        if not self.written.done():
            self.written.set_result(True)

    def close(self) -> None:
        """Nothing more is written in this place."""
        if not self.written.done():
            self.written.set_result(False)


Work = Callable[[T, Order], Awaitable[R]]


async def in_order(
    windows: AsyncGenerator[T, None], work: Work[T, R], at_once: int = AT_ONCE
) -> AsyncGenerator[R, None]:
    """Yields the result of each window, in order; takes in no more than `at_once` meanwhile.

    What goes wrong with reading or with a window is raised after the results of those before.
    """
    tasks: asyncio.Queue[asyncio.Task[R] | None] = asyncio.Queue()
    places = asyncio.Semaphore(at_once)
    reader = asyncio.create_task(_read(windows, work, tasks, places))
    try:
        while (task := await tasks.get()) is not None:
            yield await task
            places.release()
        await reader
    finally:
        left = [reader, *filter(None, (tasks.get_nowait() for _ in range(tasks.qsize())))]
        for each in left:
            each.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _read(
    windows: AsyncGenerator[T, None],
    work: Work[T, R],
    tasks: "asyncio.Queue[asyncio.Task[R] | None]",
    places: asyncio.Semaphore,
) -> None:
    previous = None
    try:
        await places.acquire()
        async with aclosing(windows):
            async for window in windows:
                order = Order(previous)
                tasks.put_nowait(asyncio.create_task(_one(window, order, work)))
                previous = order.written
                await places.acquire()
    finally:
        tasks.put_nowait(None)


async def _one(window: T, order: Order, work: Work[T, R]) -> R:
    try:
        return await work(window, order)
    finally:
        order.close()
