"""Streams end when the server stops: one that waits for its caller would hold up the stop.

So would one that watches: it has nothing more to say until something changes.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final

from dramatis.core.errors import Unavailable

_END: Final = object()


class Drain:
    """Whether the server is stopping, for all that waits for a caller or for a change."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()

    def begin(self) -> None:
        """Ends the waiting; what was received already is still answered."""
        self._begun.set()

    async def requests(self, requests: AsyncIterator[Any]) -> AsyncGenerator[Any, None]:
        """Yields a stream's requests as they come.

        The wait for one is never cancelled: gRPC owns the memory it reads into, and ends it with
        the call.

        Raises:
            Unavailable: the server is stopping and the caller has sent nothing more so far.
        """
        async with aclosing(self._each(requests, _forget)) as each:
            async for request in each:
                yield request

    async def answers(self, answers: AsyncIterator[Any]) -> AsyncGenerator[Any, None]:
        """Yields the answers to one request as they come.

        Raises:
            Unavailable: the server is stopping and there is no next answer so far.
        """
        async with aclosing(self._each(answers, _end)) as each:
            async for answer in each:
                yield answer

    async def _each(
        self, items: AsyncIterator[Any], leave: Callable[["asyncio.Future[Any]"], Awaitable[None]]
    ) -> AsyncGenerator[Any, None]:
        stopping = asyncio.ensure_future(self._begun.wait())
        try:
            while True:
                coming = asyncio.ensure_future(anext(items, _END))
                try:
                    await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
                    if not coming.done():
                        raise Unavailable("this server is stopping: open the stream anew",
                                          reason="STOPPING")  # fmt: skip
                finally:
                    await leave(coming)
                if (item := coming.result()) is _END:
                    return
                yield item
        finally:
            stopping.cancel()


async def _forget(coming: "asyncio.Future[Any]") -> None:
    coming.add_done_callback(lambda done: done.cancelled() or done.exception())


async def _end(coming: "asyncio.Future[Any]") -> None:
    if coming.cancel():
        await asyncio.wait({coming})
