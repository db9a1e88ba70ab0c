"""How fast persona takes events in and forms personas: python -m tests.integration.persona.rates."""

import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from threadpoolctl import threadpool_limits

from dramatis.persona.adapters.log_handler import TOPICS, LogHandler
from dramatis.persona.adapters.log_publisher import LogPublisher
from dramatis.persona.adapters.sqlite_personas import FILE_NAME, GROUP, SqlitePersonas
from dramatis.persona.app.board import Board
from dramatis.persona.app.recluster import Wish, recluster
from dramatis.persona.app.refresh import begin
from dramatis.persona.app.world import World
from dramatis.persona.ports import Request
from dramatis.runtime import sqlite_log
from dramatis.runtime.clock import now
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.event_log import NewRecord
from dramatis.runtime.sqlite_log import SqliteLog
from tests.integration.persona.conftest import happenings

RECIPIENTS = 32_000


async def measure(folder: Path) -> None:
    """Prints events per second from log to store, and seconds of one Recluster."""
    events = happenings(RECIPIENTS)
    for event in events[::2]:
        for extra in range(4):
            if event.HasField("recipient_updated"):
                attribute = event.recipient_updated.attributes[f"extra{extra}"]
                attribute.number = hash((event.recipient_id, extra)) % 1000
    records = [
        NewRecord("recipient-events", f"acme/{e.recipient_id}", e.event_id, e.SerializeToString())
        for e in events
    ]
    async with (
        SqliteLog.open(folder / sqlite_log.FILE_NAME) as log,
        SqlitePersonas.open(folder / FILE_NAME) as store,
    ):
        for start in range(0, len(records), 1000):
            await log.append(records[start : start + 1000])
        await _intake(log, store, len(records))
        await _recluster(log, store)


async def _intake(log: SqliteLog, store: SqlitePersonas, count: int) -> None:
    handler = LogHandler(store, now, lambda tenants, urgent: None)
    consumer = Consumer(log, TOPICS, GROUP, handler, max_records=4000)
    end = await log.end(TOPICS)
    wall, processor = time.perf_counter(), time.process_time()
    running = asyncio.create_task(consumer.run())
    await consumer.wait_for(end, 600)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    running.cancel()
    print(f"{count} events: {count / wall:.0f}/s, {count / processor:.0f} per processor second")


async def _recluster(log: SqliteLog, store: SqlitePersonas) -> None:
    async def wait(token: str, timeout_seconds: float) -> None:
        """Everything is known."""

    clock = lambda: datetime(2026, 1, 1, tzinfo=UTC)  # noqa: E731
    world = World(store, LogPublisher(log), clock, Board(), wait)
    await begin(world, "acme")
    wish = Wish(Request("acme", "Recluster", "q", b""), "", 0, 0, 1.0)
    wall, processor = time.perf_counter(), time.process_time()
    answer, _ = await recluster(world, wish)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(
        f"recluster of {answer.recipient_count} into {answer.persona_count}: "
        f"{wall:.2f} s, {processor:.2f} processor seconds"
    )


if __name__ == "__main__":
    threadpool_limits(1)
    with tempfile.TemporaryDirectory() as path:
        asyncio.run(measure(Path(path)))
