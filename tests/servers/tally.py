"""A member of a consumer group as a process: it counts each event once, in a shared SQLite file.

python -m tests.servers.tally BOOTSTRAP PREFIX FILE NAME [SECONDS_PER_BATCH]
"""

import asyncio
import signal
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from dramatis.runtime import sqlite_positions as positions
from dramatis.runtime import topics
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.event_log import Record
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka_log import KafkaLog
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sqlite import Database, Transaction

GROUP = "tally"
MIGRATIONS = [
    positions.SCHEMA
    + """
    CREATE TABLE counted (event_id TEXT PRIMARY KEY, member TEXT NOT NULL, times INTEGER NOT NULL);
    CREATE TABLE totals (key TEXT PRIMARY KEY, events INTEGER NOT NULL);
    """
]
COUNT = "INSERT INTO counted VALUES (?, ?, 1) ON CONFLICT DO NOTHING"
AGAIN = "UPDATE counted SET times = times + 1 WHERE event_id = ?"
ADD = "INSERT INTO totals VALUES (?, 1) ON CONFLICT DO UPDATE SET events = events + 1"


class Tally:
    """A `Handler`: the effect of an event is one more in the total of its key."""

    def __init__(self, database: Database, member: str, seconds: float) -> None:
        self._database = database
        self._member = member
        self._seconds = seconds

    async def applied(self) -> LogToken:
        return await self._database.read(lambda tx: positions.load(tx, GROUP))

    def decode(self, record: Record) -> tuple[str, str]:
        return record.event_id, record.key

    async def apply(self, items: Sequence[tuple[str, str]], position: LogToken) -> None:
        await asyncio.sleep(self._seconds)

        def work(tx: Transaction) -> None:
            for event_id, key in items:
                if tx.execute(COUNT, (event_id, self._member)).rowcount:
                    tx.execute(ADD, (key,))
                else:
                    tx.execute(AGAIN, (event_id,))
            positions.save(tx, GROUP, position)

        await self._database.write(work)


def counted(file: Path) -> dict[str, str]:
    """Each event that was counted, and the member that did; nothing before the first one began."""
    if not file.exists():
        return {}
    with closing(sqlite3.connect(file)) as connection:
        tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'counted'")
        if not tables.fetchall():
            return {}
        return dict(connection.execute("SELECT event_id, member FROM counted"))


def total(file: Path) -> tuple[int, int]:
    """All effects, and how many records came more than once and had none."""
    with closing(sqlite3.connect(file)) as connection:
        [effects] = connection.execute("SELECT coalesce(sum(events), 0) FROM totals").fetchone()
        [again] = connection.execute("SELECT coalesce(sum(times - 1), 0) FROM counted").fetchone()
    return effects, again


async def main(bootstrap: str, prefix: str, file: str, name: str, seconds: str = "0") -> None:
    """Consumes until SIGTERM."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with (
        KafkaLog.open(Cluster(bootstrap, prefix=prefix)) as log,
        Database.open(Path(file), MIGRATIONS) as database,
    ):
        tally = Tally(database, name, float(seconds))
        consumer = Consumer(log, [topics.RECIPIENT_EVENTS.name], GROUP, tally, max_records=100)
        running = asyncio.create_task(consumer.run())
        await ended.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
