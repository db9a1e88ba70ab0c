"""A consumer ten times slower than what comes in: test 5 of the platform.

The log takes the difference, so producers need no refusal; the consumer's memory does not grow,
and it catches up. DRAMATIS_CHAOS_SECONDS says how long it is slow.
"""

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dramatis.core.errors import Unavailable
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka_log import KafkaLog
from dramatis.runtime.topics import RECIPIENT_EVENTS
from tests.chaos.processes import resident_bytes
from tests.chaos.table import table
from tests.contract.event_log_suite import new
from tests.servers.load import Load
from tests.servers.tally import counted, total

SECONDS = float(os.environ.get("DRAMATIS_CHAOS_SECONDS", "6"))
BATCH, WORKERS, RATE = 50, 2, 1_000
KEYS = 500


@contextmanager
def member(
    bootstrap: str, prefix: str, file: Path, name: str, seconds_per_batch: float
) -> Iterator["subprocess.Popen[bytes]"]:
    """A consumer of 100 records a batch, until the block ends."""
    command = [
        sys.executable, "-m", "tests.servers.tally",
        bootstrap, prefix, str(file), name, str(seconds_per_batch),
    ]  # fmt: skip
    with (file.parent / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


async def until_counted(file: Path, count: int, within_seconds: float) -> None:
    async with asyncio.timeout(within_seconds):
        while len(counted(file)) < count:
            await asyncio.sleep(0.05)


async def test_it_neither_grows_nor_loses_and_catches_up(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    file, prefix = tmp_path / "tally.sqlite3", f"{uuid.uuid4().hex[:8]}-"
    known = {RECIPIENT_EVENTS.name: RECIPIENT_EVENTS}
    async with KafkaLog.open(Cluster(kafka_bootstrap, prefix=prefix), known) as log:

        async def send(number: int) -> bool:
            rows = range(number * BATCH, (number + 1) * BATCH)
            try:
                await log.append([new(f"acme/r{i % KEYS}", str(i), bytes(1000)) for i in rows])
            except Unavailable:
                return False
            return True

        load = Load(send, pause_seconds=WORKERS * BATCH / RATE)
        running = asyncio.create_task(load.run(WORKERS))
        with member(kafka_bootstrap, prefix, file, "slow", seconds_per_batch=1_000 / RATE) as slow:
            await until_counted(file, 100, 60)
            before, first = resident_bytes(slow.pid), len(load.acked)
            most, began = before, time.monotonic()
            while time.monotonic() < began + SECONDS:
                await asyncio.sleep(0.2)
                most = max(most, resident_bytes(slow.pid))
            ingress = (len(load.acked) - first) * BATCH / (time.monotonic() - began)
        behind = len(load.acked) * BATCH - len(counted(file))
        with member(kafka_bootstrap, prefix, file, "quick", seconds_per_batch=0):
            done = len(counted(file))
            await until_counted(file, done + 1, 60)
            began = time.monotonic()
            await until_counted(file, len(load.acked) * BATCH - RATE, 120)
            rate = (len(counted(file)) - done) / (time.monotonic() - began)
            load.end()
            await running
            sent = len(load.acked) * BATCH
            await until_counted(file, sent, 60)
    effects, again = total(file)
    counts = {
        "seconds slow": SECONDS,
        "events/s coming in": ingress,
        "events acknowledged": sent,
        "of them lost": sent - len(counted(file)),
        "counted twice": effects - len(counted(file)),
        "delivered again, without effect": again,
        "refusals": len(load.refused),
        "behind at the end of that": behind,
        "events/s catching up": rate,
        "growth of memory, MiB": (most - before) / 2**20,
    }
    print(table("consumer ten times slower", counts))
    assert ingress >= RATE / 2
    assert behind > ingress * SECONDS / 2
    assert counts["of them lost"] == counts["counted twice"] == 0
    assert most - before <= 64 << 20
    assert rate >= 2 * ingress
