"""Long work that lets others in: one process has one thread for all its callers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")
AT_A_TIME: Final = 250
"""Events that are worked on between two breaths, a few milliseconds."""


async def breathing(items: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """Yields some of the items at a time, in order; in between, others get their turn."""
    for start in range(0, len(items), AT_A_TIME):
        if start:
            await asyncio.sleep(0)
        yield items[start : start + AT_A_TIME]
