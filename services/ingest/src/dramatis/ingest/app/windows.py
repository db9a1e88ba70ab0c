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
    """The place of one window: it lines up, and later writes, after those before it have."""

    def __init__(self, before: "Order | None") -> None:
        self._lined_before = before.lined if before else None
        self._written_before = before.written if before else None
        loop = asyncio.get_running_loop()
        self.lined: asyncio.Future[None] = loop.create_future()
        self.written: asyncio.Future[bool] = loop.create_future()

    async def approach(self) -> None:
        """Waits until the window before has lined up for what it needs, or never will.

        Otherwise a window could hold what one before it waits for, and wait for that one to write.
        """
        if self._lined_before is not None:
            await asyncio.shield(self._lined_before)

    def in_line(self) -> None:
        """It has lined up: the next one may."""
        if not self.lined.done():
            self.lined.set_result(None)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for the window before to be written.

        Raises:
            Unavailable: it never will be; what follows it must be sent again after it.
        """
        if self._written_before is not None and not await asyncio.shield(self._written_before):
            raise Unavailable("a window before this one was not written; send both again")
        yield
        if not self.written.done():
            self.written.set_result(True)

    def close(self) -> None:
        """Nothing more is written in this place."""
        self.in_line()
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
        task = None  # or an error would hold this frame, and with it the window's task
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
    order = None
    try:
        await places.acquire()
        async with aclosing(windows):
            async for window in windows:
                order = Order(order)
                tasks.put_nowait(asyncio.create_task(_one(window, order, work)))
                await places.acquire()
    finally:
        tasks.put_nowait(None)


async def _one(window: T, order: Order, work: Work[T, R]) -> R:
    try:
        return await work(window, order)
    finally:
        order.close()
