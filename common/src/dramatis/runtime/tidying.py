"""What is no longer needed goes, a little at a time, so that nobody waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from dramatis.core.errors import Unavailable
from dramatis.runtime.clock import Clock

PAUSE_SECONDS: Final = 3600.0
PORTION: Final = 10_000
"""Rows that a store drops in one transaction."""

Forget = Callable[[datetime], Awaitable[int]]
"""Drops a portion of what is older than a moment and returns how much; 0 when all is gone."""


async def tidy(clock: Clock, *chores: tuple[Forget, timedelta]) -> None:
    """Does the chores every hour until cancelled; where one fails, the next hour will do.

    Args:
        clock: the time.
        chores: how to forget, and what age is old.
    """
    while True:
        for forget, kept_for in chores:
            with suppress(Unavailable):
                await forget_all(forget, clock() - kept_for)
        await asyncio.sleep(PAUSE_SECONDS)


async def forget_all(forget: Forget, before: datetime) -> None:
    """Drops all that is older, portion by portion."""
    while await forget(before):
        await asyncio.sleep(0)
