"""The prioritizer against an empty echo: same client, same message sizes, in turns in one run.

A real prioritizer process on a real socket, with a snapshot of 64 personas x 20 campaigns x 32
features out of an SQLite event log, beside a grpc.aio server that does nothing.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, TypeAlias

import grpc
import numpy as np
import uvloop

from bench.support import prioritizer_data, processes, report
from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.api.prioritizer.v1 import prioritizer_pb2_grpc
from dramatis.runtime import sqlite_log, topics
from dramatis.runtime.event_log import NewRecord
from dramatis.wire.campaigns import from_campaign
from dramatis.wire.snapshots import from_snapshot

TENANT: Final = "bench"
PERSONAS, CAMPAIGNS, FEATURES = 64, 20, 32
CALLERS: Final = 8
BATCH, BULK = 100, 500

Stub: TypeAlias = "prioritizer_pb2_grpc.PrioritizerServiceAsyncStub"


async def fill(folder: Path, rng: np.random.Generator) -> None:
    """Writes campaigns and a snapshot into the event log."""
    campaigns = prioritizer_data.campaigns(CAMPAIGNS, rng)
    ids = [campaign.campaign_id for campaign in campaigns]
    snapshot = prioritizer_data.snapshot(TENANT, PERSONAS, ids, FEATURES, rng)
    records = [
        NewRecord(
            topics.CAMPAIGNS.name, f"{TENANT}/{each.campaign_id}", each.campaign_id,
            from_campaign(each).SerializeToString(),
        )
        for each in campaigns
    ]  # fmt: skip
    record = NewRecord(topics.SNAPSHOTS.name, TENANT, "snapshot", from_snapshot(snapshot))
    async with sqlite_log.SqliteLog.open(folder / sqlite_log.FILE_NAME) as log:
        await log.append([*records, record])


async def measure(stub: Stub, requests: Sequence[pb.PrioritizeRequest], calls: int) -> list[float]:
    """Seconds of each of `calls` calls, `CALLERS` at a time, and last the seconds of all."""
    seconds: list[float] = []

    async def caller(first: int) -> None:
        for number in range(first, calls, CALLERS):
            start = time.perf_counter()
            await stub.Prioritize(requests[number % len(requests)], timeout=10.0)
            seconds.append(time.perf_counter() - start)

    start = time.perf_counter()
    await asyncio.gather(*(caller(first) for first in range(CALLERS)))
    return [*seconds, time.perf_counter() - start]


async def compare(
    stubs: Sequence[Stub], requests: Sequence[pb.PrioritizeRequest], calls: int, rounds: int
) -> list[tuple[float, float]]:
    """Calls per second (median of the rounds) and p99 in seconds, of each server in turn."""
    rates: list[list[float]] = [[] for _ in stubs]
    seconds: list[list[float]] = [[] for _ in stubs]
    for number in range(rounds + 1):
        for at, stub in enumerate(stubs):
            *single, whole = await measure(stub, requests, calls)
            if number:  # the first round warms up
                rates[at].append(calls / whole)
                seconds[at] += single
    return [
        (float(np.median(rate)), float(np.quantile(each, 0.99)))
        for rate, each in zip(rates, seconds, strict=True)
    ]


def requests_of(items: Sequence[pb.PrioritizeItem], size: int) -> list[pb.PrioritizeRequest]:
    """The items in batches that leave no trace."""
    return [
        pb.PrioritizeRequest(
            items=items[at : at + size], mode=pb.MODE_DRY_RUN, explain=pb.EXPLAIN_NONE
        )
        for at in range(0, len(items), size)
    ]


async def decided_from_snapshot(stub: Stub, request: pb.PrioritizeRequest) -> pb.PrioritizeResponse:
    """The first answer that comes from the live posterior."""
    async with asyncio.timeout(processes.START_SECONDS):
        while True:
            answer: pb.PrioritizeResponse = await stub.Prioritize(request)
            if answer.prioritizations[0].rung == pb.RUNG_LIVE_POSTERIOR:
                return answer
            await asyncio.sleep(0.01)


@asynccontextmanager
async def prioritizer(folder: Path) -> AsyncIterator[tuple[Stub, int, float]]:
    """A prioritizer process: its stub, process id and seconds until it served."""
    port, http = processes.free_port(), processes.free_port()
    environ = {
        "DRAMATIS_STATE_DIR": str(folder),
        "DRAMATIS_ANONYMOUS_TENANT": TENANT,
        "DRAMATIS_PRIORITIZER_GRPC_ADDRESS": f"127.0.0.1:{port}",
        "DRAMATIS_PRIORITIZER_HTTP_ADDRESS": f"127.0.0.1:{http}",
        "DRAMATIS_PRIORITIZER_DRAIN_WAIT_SECONDS": "0",
    }
    start = time.perf_counter()
    with processes.python(["-m", "dramatis.prioritizer"], environ) as running:
        async with grpc.aio.insecure_channel(
            f"127.0.0.1:{port}", options=processes.QUICK
        ) as channel:
            await processes.until_serving(channel)
            yield _stub(channel), running.pid, time.perf_counter() - start


@asynccontextmanager
async def echo(answers: Sequence[pb.PrioritizeResponse]) -> AsyncIterator[Stub]:
    """An echo process that gives these answers, by their number of recipients."""
    with processes.python(["-m", "bench.support.echo_server"], {}) as running:
        if running.stdin is None or running.stdout is None:
            raise RuntimeError("the echo has no pipes")
        running.stdin.write("\n".join(each.SerializeToString().hex() for each in answers))
        running.stdin.close()
        port = await asyncio.to_thread(running.stdout.readline)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port.strip()}") as channel:
            yield _stub(channel)


def _stub(channel: grpc.aio.Channel) -> Stub:
    return prioritizer_pb2_grpc.PrioritizerServiceStub(channel)


async def run(quick: bool) -> report.Report:
    """Starts both servers and measures them in turns."""
    rng = np.random.default_rng(7)
    items = prioritizer_data.items(2 * BULK, FEATURES, rng)
    sizes = {size: requests_of(items, size) for size in (1, BATCH, BULK)}
    rounds, scale = (3, 1) if quick else (7, 4)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        await fill(folder, rng)
        stub, pid, start_seconds = await stack.enter_async_context(prioritizer(folder))
        await decided_from_snapshot(stub, sizes[1][0])
        answers = [await stub.Prioritize(requests[0]) for requests in sizes.values()]
        stubs = (stub, await stack.enter_async_context(echo(answers)))
        unary = await compare(stubs, sizes[1], 500 * scale, rounds)
        batch = await compare(stubs, sizes[BATCH], 40 * scale, rounds)
        bulk = await compare(stubs, sizes[BULK], 8 * scale, rounds)
        memory = processes.resident_mb(pid)
    return report.Report(
        name="prioritizer",
        ratios={
            "unary_vs_echo": unary[0][0] / unary[1][0],
            "unary_p99_vs_echo": unary[0][1] / unary[1][1],
            "batch100_vs_echo": batch[0][0] / batch[1][0],
            "batch500_vs_echo": bulk[0][0] / bulk[1][0],
        },
        figures={
            "unary_calls_per_second": unary[0][0],
            "unary_p99_ms": unary[0][1] * 1e3,
            "echo_calls_per_second": unary[1][0],
            "echo_p99_ms": unary[1][1] * 1e3,
            "batch100_recipients_per_second": batch[0][0] * BATCH,
            "batch100_p99_ms": batch[0][1] * 1e3,
            "batch500_recipients_per_second": bulk[0][0] * BULK,
            "cold_start_seconds": start_seconds,
            "rss_mb": memory,
        },
    )


def main() -> None:
    """Runs the benchmark as the command line says."""
    chosen = report.arguments(__doc__.splitlines()[0])
    report.publish(uvloop.run(run(chosen.quick)), chosen.json)


if __name__ == "__main__":
    main()
