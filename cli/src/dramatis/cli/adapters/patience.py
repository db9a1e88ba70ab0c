"""Waiting for a service that is away or asks for patience."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from dramatis.core.errors import Retryable, Unavailable
from dramatis.runtime import backoff

MOST_SECONDS: Final = 60.0
"""Longest single wait, whatever the service asks for."""


class Patience:
    """How long to go on without any progress.

    Args:
        seconds: after so long without progress it gives up.
        tell: hears why it waits, once each time it begins to.
    """

    def __init__(self, seconds: float, tell: Callable[[str], None]) -> None:
        self._seconds, self._tell = seconds, tell
        self._rng = np.random.default_rng()
        self.moved()

    def moved(self) -> None:
        """There was progress: waits begin short again."""
        self._delays: Iterator[float] = backoff.delays(self._rng)
        self._since: float | None = None

    async def wait(self, error: Retryable) -> None:
        """Waits as long as the error asks for, and longer each time.

        Raises:
            Unavailable: there was no progress for too long.
        """
        now = asyncio.get_running_loop().time()
        if self._since is None:
            self._since = now
            self._tell(f"waiting: {error.message}")
        if now - self._since > self._seconds:
            raise Unavailable(
                f"no progress for {self._seconds:g} s: {error.message}. What was acknowledged is "
                "kept; run the same command again to go on",
                reason=error.reason,
            ) from None
        asked = error.retry_after_seconds
        await asyncio.sleep(min(max(asked, next(self._delays)), MOST_SECONDS))
