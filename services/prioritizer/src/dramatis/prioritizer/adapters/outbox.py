"""What must reach the event log: written with its cause in one transaction, relayed afterwards."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import structlog

from dramatis.core.errors import Unavailable
from dramatis.prioritizer import metrics
from dramatis.runtime import backoff
from dramatis.runtime.envelope import seal
from dramatis.runtime.event_log import EventLog, NewRecord
from dramatis.runtime.sqlite import Database, Transaction

SOURCE = "dramatis/prioritizer"
MAX_RECORDS = 1_000
LOOK_SECONDS = 5.0

_logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """A record on its way; see `envelope.seal`."""

    topic: str
    tenant: str
    recipient_id: str
    pseudonym: str
    event_id: str
    type_name: str
    time: datetime
    body: bytes


def post(tx: Transaction, letters: Sequence[Letter]) -> None:
    """Puts letters into the outbox, in the transaction of their cause."""
    tx.executemany(
        "INSERT INTO outbox (topic, key, event_id, type_name, time, body, pseudonym)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (x.topic, f"{x.tenant}/{x.recipient_id}", x.event_id, x.type_name,
             x.time.isoformat(), x.body, x.pseudonym)
            for x in letters
        ],
    )  # fmt: skip


class Relay:
    """Empties the outbox into the log. A letter may arrive twice, under the same event id."""

    def __init__(self, database: Database, rng: np.random.Generator) -> None:
        self._database = database
        self._rng = rng
        self._posted = asyncio.Event()

    def wake(self) -> None:
        """Says that something was posted."""
        self._posted.set()

    async def run(self, log: EventLog) -> None:
        """Relays without end; waits out a log or a store that is not there."""
        delays = backoff.delays(self._rng)
        while True:
            self._posted.clear()
            try:
                while await self._relay(log):
                    delays = backoff.delays(self._rng)
            except Unavailable as error:
                _logger.warning("outbox waits", reason=error.reason)
                await asyncio.sleep(next(delays))
                continue
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._posted.wait()
            except TimeoutError:
                pass

    async def _relay(self, log: EventLog) -> int:
        """Relays the oldest letters; returns how many."""
        ids, records = await self._database.read(_take)
        if records:
            await log.append(records)
            await self._database.write(
                lambda tx: tx.executemany("DELETE FROM outbox WHERE id = ?", ids)
            )
            metrics.RELAYED.inc(len(records))
        return len(records)


def _take(tx: Transaction) -> tuple[Sequence[tuple[int]], Sequence[NewRecord]]:
    rows = tx.execute(
        "SELECT id, topic, key, event_id, type_name, time, body FROM outbox ORDER BY id LIMIT ?",
        (MAX_RECORDS,),
    ).fetchall()
    records = [
        seal(topic, key, event_id, body, type_name=type_name, source=SOURCE,
             time=datetime.fromisoformat(time))
        for _, topic, key, event_id, type_name, time, body in rows
    ]  # fmt: skip
    return [(row[0],) for row in rows], records
