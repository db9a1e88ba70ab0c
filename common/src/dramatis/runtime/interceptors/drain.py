"""Streams end when the server stops: one that waits for its caller would hold up the stop."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final

from dramatis.core.errors import Unavailable

_END: Final = object()


class Drain:
    """Whether the server is stopping, for all that waits for a caller."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()

    def begin(self) -> None:
        """Ends the waiting; what was received already is still answered."""
        self._begun.set()

    async def each(self, requests: AsyncIterator[Any]) -> AsyncGenerator[Any, None]:
        """Yields a stream's requests as they come.

        Raises:
            Unavailable: the server is stopping and the caller has sent nothing more so far.
        """
        stopping = asyncio.ensure_future(self._begun.wait())
        try:
            while True:
                coming = asyncio.ensure_future(anext(requests, _END))
                # never cancelled: gRPC owns the memory it reads into, and ends it with the call
                await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not coming.done():
                    coming.add_done_callback(_forget)
                    raise Unavailable("this server is stopping: open the stream anew",
                                      reason="STOPPING")  # fmt: skip
                if (request := coming.result()) is _END:
                    return
                yield request
        finally:
            stopping.cancel()


def _forget(coming: "asyncio.Future[Any]") -> None:
    if not coming.cancelled():
        coming.exception()
