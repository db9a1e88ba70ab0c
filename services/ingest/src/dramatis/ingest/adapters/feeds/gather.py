"""A stream in batches."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import TypeVar

T = TypeVar("T")


async def gathered(
    stream: AsyncIterator[T], most: int = 500, seconds: float = 0.5
) -> AsyncGenerator[Sequence[T], None]:
    """Yields what came within `seconds`, at most `most`; ends, or raises, as the stream does.

    Nothing is read ahead beyond `most`: a stream that is faster than we are has to wait.
    """
    queue: asyncio.Queue[T] = asyncio.Queue(most)

    async def pump() -> None:
        async for each in stream:
            await queue.put(each)

    pumping, came = asyncio.create_task(pump()), 0
    try:
        while not (pumping.done() and queue.empty()):
            await asyncio.wait({pumping}, timeout=0 if came == most else seconds)
            came = queue.qsize()
            if came:
                yield [queue.get_nowait() for _ in range(came)]
        pumping.result()
    finally:
        pumping.cancel()
        await asyncio.gather(pumping, return_exceptions=True)
