"""Every process reads the ledger of erasures from its start, and forgets whoever is in it.

From the start each time: a process that was away for long, or whose store was restored from an
old copy, forgets all that it should have forgotten. Forgetting somebody twice changes nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import numpy as np
import structlog

from dramatis.core.errors import Retryable
from dramatis.runtime import backoff
from dramatis.runtime.keyring.ring import Keyring
from dramatis.runtime.keyring.vault import Erasure

AT_ONCE = 1_000
PAUSE_SECONDS = 1.0

Forget = Callable[[Sequence[Erasure]], Awaitable[object]]
"""Deletes what a store holds of these, durably; idempotent; Unavailable if not known to be done."""

_logger = structlog.get_logger(__name__)


async def nothing_held(erased: Sequence[Erasure]) -> None:
    """The `Forget` of a service that keeps nothing of recipients."""


async def follow(keyring: Keyring, forget: Forget, pause_seconds: float = PAUSE_SECONDS) -> None:
    """Forgets the erased until cancelled.

    Args:
        keyring: whose ledger is read, and whose keys at hand go first.
        forget: called with each stretch of the ledger, in order, until it succeeds.
        pause_seconds: between two looks at the ledger.
    """
    delays = backoff.delays(np.random.default_rng())
    done = 0
    while True:
        try:
            entries = await keyring.erasures(done, AT_ONCE)
            if entries:
                await forget(entries)
                done = entries[-1].number
                delays = backoff.delays(np.random.default_rng())
        except Retryable as error:
            _logger.warning("erasures wait", reason=error.reason)
            await asyncio.sleep(next(delays))
            continue
        if len(entries) < AT_ONCE:
            await asyncio.sleep(pause_seconds)
