"""Brings promotions to the log that their own calls could not bring there."""

import asyncio
from typing import Final

import numpy as np
import structlog

from dramatis.core.errors import Retryable
from dramatis.optimizer.app.board import Board
from dramatis.optimizer.app.promote import Publisher
from dramatis.runtime import backoff

LOOK_SECONDS: Final = 30.0
"""Between two looks: a process that died may have left something."""
_logger = structlog.get_logger(__name__)


async def relay(publisher: Publisher, board: Board) -> None:
    """Publishes what is left: at the start, after every change, and now and then."""
    while True:
        changes = board.changes
        for delay in backoff.delays(np.random.default_rng()):
            try:
                await publisher.publish()
                break
            except Retryable as error:
                _logger.warning("a plan waits to be published", reason=error.reason)
                await asyncio.sleep(delay)
        await board.wait(changes, LOOK_SECONDS)
