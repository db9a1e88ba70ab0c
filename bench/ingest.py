"""Ingest beside the bare logs below it: the same events in the same batches, in turns in one run.

A real ingest process on a real socket, full admission, once on the embedded log and once on Kafka
and PostgreSQL. References: SQLite transactions, and an aiokafka producer, that append the same
bytes and do nothing else. A rate "per core" is events over the CPU seconds of the ingest process.
"""

import asyncio
import base64
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import grpc
import numpy as np
import psutil
import uvloop

from bench.support import ingest_events, processes, raw_appends, report
from bench.support.ingest_stream import Run, stream

TENANT: Final = "bench"
WINDOW, AHEAD = 500, 8
SMALL: Final = 50
"""Events of a window where waits are measured: a window waits for its own events too."""
SOAK_SECONDS: Final = 600.0

Raw: TypeAlias = Callable[[Sequence[raw_appends.Batch]], Awaitable[float]]
"""Appends the batches without anything around it; returns the seconds it took."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: windows of one turn, turns, and seconds of the soak."""

    windows: int
    turns: int
    soak_seconds: float


@asynccontextmanager
async def ingest(environ: Mapping[str, str]) -> AsyncIterator[tuple[grpc.aio.Channel, int]]:
    """An ingest process: a channel to it and its process id."""
    port, http, edge = (processes.free_port() for _ in range(3))
    settings = {
        "DRAMATIS_ANONYMOUS_TENANT": TENANT,
        "DRAMATIS_INGEST_GRPC_ADDRESS": f"127.0.0.1:{port}",
        "DRAMATIS_INGEST_HTTP_ADDRESS": f"127.0.0.1:{http}",
        "DRAMATIS_INGEST_EDGE_ADDRESS": f"127.0.0.1:{edge}",
        "DRAMATIS_INGEST_DRAIN_WAIT_SECONDS": "0",
        **environ,
    }
    with processes.python(["-m", "dramatis.ingest"], settings) as running:
        async with grpc.aio.insecure_channel(
            f"127.0.0.1:{port}", options=processes.QUICK
        ) as channel:
            await processes.until_serving(channel)
            yield channel, running.pid


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, user and system."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured.

    Attributes:
        rate: events per second, median of the turns.
        rate_per_core: events per CPU second of the process.
        raw_rate: events per second of the reference.
        ack_p99_ms: of small windows at half of `rate`.
        growth_mb: memory at the end of the soak less that after its first fifth.
        rss_mb: memory at the end.
    """

    rate: float
    rate_per_core: float
    raw_rate: float
    ack_p99_ms: float
    growth_mb: float
    rss_mb: float


async def measure(environ: Mapping[str, str], raw: Raw, size: Size) -> Found:
    """Ingest and the reference in turns, then half of ingest's rate for a while."""
    rng = np.random.default_rng(7)
    rates, raw_rates, used, events = list[float](), list[float](), 0.0, 0
    async with ingest(environ) as (channel, pid):
        for turn in range(size.turns + 1):
            made = list(
                itertools.islice(ingest_events.windows(f"{turn}", WINDOW, rng), size.windows)
            )
            before = cpu_seconds(pid)
            run = await stream(channel, iter(made), size.windows, WINDOW, ahead=AHEAD)
            spent = cpu_seconds(pid) - before
            seconds = await raw([raw_appends.batch(each, TENANT) for each in made])
            if turn:  # the first one warms up
                used, events = used + spent, events + run.events
                rates.append(run.rate)
                raw_rates.append(size.windows * WINDOW / seconds)
        rate = float(np.median(rates))
        soak, memory = await half_load(channel, pid, rate / 2, size.soak_seconds)
    return Found(
        rate, events / used, float(np.median(raw_rates)), soak.wait_ms(0.99),
        memory[-1] - memory[len(memory) // 5], memory[-1],
    )  # fmt: skip


async def half_load(
    channel: grpc.aio.Channel, pid: int, rate: float, seconds: float
) -> tuple[Run, list[float]]:
    """A stream at that rate, and the memory of the process once a second."""
    windows = ingest_events.windows("soak", SMALL, np.random.default_rng(8))
    memory: list[float] = []

    async def watch() -> None:
        while True:
            memory.append(processes.resident_mb(pid))
            await asyncio.sleep(1.0)

    watching = asyncio.create_task(watch())
    count = max(1, round(rate * seconds / SMALL))
    run = await stream(channel, windows, count, SMALL, ahead=4 * AHEAD, rate=rate)
    watching.cancel()
    return run, memory


async def embedded(size: Size) -> Found:
    """On the embedded log, beside bare SQLite."""
    with tempfile.TemporaryDirectory() as state, tempfile.TemporaryDirectory() as folder:

        async def raw(batches: Sequence[raw_appends.Batch]) -> float:
            return await asyncio.to_thread(raw_appends.to_sqlite, Path(folder), batches)

        return await measure({"DRAMATIS_STATE_DIR": state}, raw, size)


async def on_servers(size: Size) -> Found:
    """On Kafka and PostgreSQL, beside a bare producer."""
    async with AsyncExitStack() as stack:
        state = stack.enter_context(tempfile.TemporaryDirectory())
        bootstrap = stack.enter_context(server("kafka", "DRAMATIS_KAFKA_BOOTSTRAP"))
        dsn = stack.enter_context(server("postgres", "DRAMATIS_POSTGRES_DSN"))

        topic = f"bench-raw-{os.getpid()}"
        await raw_appends.make_topic(bootstrap, topic)

        async def raw(batches: Sequence[raw_appends.Batch]) -> float:
            return await raw_appends.to_kafka(bootstrap, topic, batches, AHEAD)

        environ = {
            "DRAMATIS_STATE_DIR": state,
            "DRAMATIS_KAFKA_BOOTSTRAP": bootstrap,
            "DRAMATIS_POSTGRES_DSN": dsn,
            "DRAMATIS_MASTER_KEY": base64.b64encode(os.urandom(32)).decode(),
        }
        return await measure(environ, raw, size)


@contextmanager
def server(name: str, variable: str) -> Iterator[str]:
    """The address in the variable, or of a server of that kind that ends with the block."""
    if address := os.environ.get(variable):
        yield address
        return
    with processes.command([f"deploy/dev/{name}"]) as running:
        if running.stdout is None or not (line := running.stdout.readline().strip()):
            raise SystemExit(f"deploy/dev/{name} did not start: run it by hand to see why")
        processes.until_listening(urlsplit(line if "//" in line else f"//{line}").netloc)
        yield line


def main() -> None:
    """Runs the benchmark as the command line says."""
    chosen = report.arguments(__doc__.splitlines()[0])
    size = Size(20, 2, 5.0) if chosen.quick else Size(100, 5, SOAK_SECONDS)
    found = {"sqlite": uvloop.run(embedded(size)), "kafka": uvloop.run(on_servers(size))}
    report.publish(
        report.Report(
            "ingest",
            {f"{log}_vs_raw": each.rate / each.raw_rate for log, each in found.items()},
            {
                "events_per_second_core": min(each.rate_per_core for each in found.values()),
                "ack_p99_ms": max(each.ack_p99_ms for each in found.values()),
                **{
                    f"{log}_{name}": value
                    for log, each in found.items()
                    for name, value in asdict(each).items()
                },
            },
        ),
        chosen.json,
    )


if __name__ == "__main__":
    main()
