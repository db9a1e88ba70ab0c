"""SendGrid's batches at a real ingest process, beside an empty Starlette echo of the same bodies.

Events per second of processor time of the receiving process: what one core takes in when it does
nothing else. The log and the stores are the embedded ones.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import numpy as np
import psutil

from bench.support import report
from bench.support.sendgrid_batches import Account, Signed

TENANT: Final = "bench"
SENDERS: Final = 4
BATCH: Final = 1_000
RECIPIENTS: Final = 20_000
PATH: Final = f"/v1/webhooks/sendgrid/{TENANT}"
START_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Target:
    """A process that takes requests.

    Attributes:
        client: connections to it.
        process: to read its processor time.
        path: where the requests go.
        repeats: how often each batch is sent: processor time is told in steps of 10 ms.
    """

    client: httpx2.AsyncClient
    process: psutil.Process
    path: str
    repeats: int = 1

    @property
    def cpu_seconds(self) -> float:
        """Processor time that it has used so far."""
        used = self.process.cpu_times()
        return float(used.user + used.system)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one target did with some batches.

    Attributes:
        per_core_second: events by second of its processor time.
        per_second: events by second on the clock.
        seconds: of each request.
    """

    per_core_second: float
    per_second: float
    seconds: Sequence[float]


async def measure(target: Target, batches: Sequence[Signed]) -> Measured:
    """Sends the batches, `SENDERS` at a time."""
    seconds: list[float] = []
    waiting = iter([*batches] * target.repeats)

    async def sender() -> None:
        for body, headers in waiting:
            begun = time.perf_counter()
            answer = await target.client.post(target.path, content=body, headers=headers)
            answer.raise_for_status()
            seconds.append(time.perf_counter() - begun)

    used, begun = target.cpu_seconds, time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(SENDERS)))
    events = BATCH * len(batches) * target.repeats
    return Measured(
        events / (target.cpu_seconds - used), events / (time.perf_counter() - begun), seconds
    )


@contextmanager
def running(module: str, environ: Mapping[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """A module as a process that ends with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", module], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, env={**os.environ, **environ},
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()


@asynccontextmanager
async def ingest(folder: Path, account: Account) -> AsyncIterator[Target]:
    """An ingest process that knows the account."""
    hooks = {TENANT: {"sendgrid": {"public_key": {"env": "BENCH_KEY"}}}}
    (folder / "hooks.yaml").write_text(json.dumps(hooks))
    port = _free_port()
    environ = {
        "BENCH_KEY": account.public_key,
        "DRAMATIS_STATE_DIR": str(folder),
        "DRAMATIS_ANONYMOUS_TENANT": TENANT,
        "DRAMATIS_LOG_LEVEL": "error",
        "DRAMATIS_INGEST_GRPC_ADDRESS": "127.0.0.1:0",
        "DRAMATIS_INGEST_HTTP_ADDRESS": "127.0.0.1:0",
        "DRAMATIS_INGEST_EDGE_ADDRESS": f"127.0.0.1:{port}",
        "DRAMATIS_INGEST_WEBHOOKS": str(folder / "hooks.yaml"),
        "DRAMATIS_INGEST_DRAIN_WAIT_SECONDS": "0",
    }
    with running("dramatis.ingest", environ) as process:
        async with _client(port) as client:
            await _until_served(client)
            yield Target(client, psutil.Process(process.pid), PATH)


@asynccontextmanager
async def echo() -> AsyncIterator[Target]:
    """The reference."""
    with running("bench.support.echo_edge", {}) as process:
        if process.stdout is None:
            raise RuntimeError("the echo has no output")
        port = int(await asyncio.to_thread(process.stdout.readline))
        async with _client(port) as client:
            yield Target(client, psutil.Process(process.pid), "/echo", repeats=20)


def _client(port: int) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60.0)


async def _until_served(client: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                await client.get("/v1/dramatis.js")
                return
            except httpx2.TransportError:
                await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def run(quick: bool) -> report.Report:
    """Measures both in turns; the first round warms up."""
    rounds, count = (2, 10) if quick else (5, 40)
    account = Account()
    found: list[list[Measured]] = [[], []]
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        targets = [
            await stack.enter_async_context(ingest(folder, account)),
            await stack.enter_async_context(echo()),
        ]
        for number in range(rounds + 1):
            first = number * count * BATCH
            batches = list(account.batches(count, BATCH, RECIPIENTS, first))
            for at, target in enumerate(targets):
                measured = await measure(target, batches)
                if number:
                    found[at].append(measured)
    return _report(*found)


def _report(edge: Sequence[Measured], reference: Sequence[Measured]) -> report.Report:
    def median(measured: Sequence[Measured], name: str) -> float:
        return float(np.median([getattr(each, name) for each in measured]))

    per_core, echoed = (median(each, "per_core_second") for each in (edge, reference))
    seconds = [each for measured in edge for each in measured.seconds]
    return report.Report(
        name="webhooks",
        ratios={"webhooks_vs_echo": per_core / echoed},
        figures={
            "webhook_events_per_second_core": per_core,
            "webhook_events_per_second": median(edge, "per_second"),
            "echo_events_per_second_core": echoed,
            "batch1000_p50_ms": float(np.median(seconds)) * 1e3,
            "batch1000_p99_ms": float(np.quantile(seconds, 0.99)) * 1e3,
        },
    )


def main() -> None:
    """Runs the benchmark as the command line says."""
    told = report.arguments((__doc__ or "").splitlines()[0])
    report.publish(asyncio.run(run(told.quick)), told.json)


if __name__ == "__main__":
    main()
