"""The topics that decisions rest on, from the event log."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import numpy as np
import structlog

from dramatis.core.errors import Unavailable
from dramatis.prioritizer import metrics
from dramatis.prioritizer.adapters.records import FOLLOWED, to_change
from dramatis.prioritizer.ports import Batch, Change, Pseudonym
from dramatis.runtime import backoff
from dramatis.runtime.event_log import EventLog, Record

MAX_RECORDS = 1_000
WAIT_SECONDS = 1.0

_logger = structlog.get_logger(__name__)


class LogFeed:
    """A `Feed` on the event log. Every replica reads all of it: a tail, not a group."""

    def __init__(self, log: EventLog, rng: np.random.Generator, pseudonym: Pseudonym) -> None:
        self._pseudonym = pseudonym
        self._log = log
        self._rng = rng

    async def follow(self) -> AsyncIterator[Batch]:
        """See `Feed`. After an outage it begins anew: what is known already changes nothing."""
        delays = backoff.delays(self._rng)
        while True:
            try:
                async for batch in self._follow_once():
                    yield batch
                    delays = backoff.delays(self._rng)
            except Unavailable as error:
                _logger.warning("the log cannot be read", reason=error.reason)
                await asyncio.sleep(next(delays))

    async def _follow_once(self) -> AsyncIterator[Batch]:
        end = await self._log.end(FOLLOWED)
        told = False
        async with self._log.tail(FOLLOWED) as subscription:
            while True:
                wait = WAIT_SECONDS if told else 0.0
                records = await subscription.poll(MAX_RECORDS, wait)
                current = subscription.position.covers(end)
                if records or current is not told:
                    yield Batch(_changes(records, self._pseudonym), current)
                told = current


def _changes(records: Sequence[Record], pseudonym: Pseudonym) -> Sequence[Change]:
    changes = []
    for record in records:
        try:
            if record.fault:
                raise record.fault
            change = to_change(record.topic, record.key, record.value, pseudonym)
        except Exception:  # whatever is wrong with it, the next record may be good
            metrics.CORRUPT.labels(record.topic, "log").inc()
            _logger.error(
                "record skipped: damaged", topic=record.topic, partition=record.partition,
                offset=record.offset,
            )  # fmt: skip
            continue
        if change is not None:
            changes.append(change)
    return changes
