"""Processes that a benchmark starts, on free loopback ports, and what they use."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

START_SECONDS: Final = 60.0
QUICK: Final = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 50)]


@contextmanager
def python(
    arguments: Sequence[str], environ: Mapping[str, str]
) -> Iterator["subprocess.Popen[str]"]:
    """A Python process that ends with the block."""
    with command([sys.executable, *arguments], environ) as running:
        yield running


@contextmanager
def command(
    words: Sequence[str], environ: Mapping[str, str] | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """A process with pipes that ends with the block."""
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, **(environ or {})},
    ) as running:  # fmt: skip
        try:
            yield running
        finally:
            running.terminate()


def free_port() -> int:
    """A port of this machine's loopback that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def until_listening(address: str) -> None:
    """Returns when something answers at [user@]host:port.

    Raises:
        TimeoutError: nothing did in time.
    """
    host, _, port = address.rpartition("@")[2].rpartition(":")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nothing listens on {host}:{port}")


async def until_serving(channel: grpc.aio.Channel) -> None:
    """Returns when the server says that it serves."""
    stub = health_pb2_grpc.HealthStub(channel)
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=1.0)
                if answer.status == health_pb2.HealthCheckResponse.SERVING:
                    return
            except grpc.aio.AioRpcError:
                pass
            await asyncio.sleep(0.02)


def resident_mb(pid: int) -> float:
    """Memory that a process holds, in 2^20 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no memory of process {pid} to be read")
