"""Ingest as the process that it is, on sockets of its own."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest

from dramatis.api.ingest.v1 import ingest_pb2_grpc

KEYS = {"acme": "acme-0123456789abcdef", "beta": "beta-0123456789abcdef"}


class Ingest:
    """One process, its state and its log lines."""

    def __init__(
        self, state_dir: Path, settings: Mapping[str, str] | None = None, **options: Any
    ) -> None:
        keys = ",".join(f"{tenant}:{key}" for tenant, key in KEYS.items())
        inherited = {each: value for each, value in os.environ.items() if "DRAMATIS" not in each}
        self.state_dir = state_dir
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dramatis.ingest"],
            env={
                **inherited,
                "DRAMATIS_STATE_DIR": str(state_dir),
                "DRAMATIS_API_KEYS": keys,
                "DRAMATIS_INGEST_GRPC_ADDRESS": "127.0.0.1:0",
                "DRAMATIS_INGEST_HTTP_ADDRESS": "127.0.0.1:0",
                "DRAMATIS_INGEST_EDGE_ADDRESS": "127.0.0.1:0",
                "DRAMATIS_INGEST_DRAIN_WAIT_SECONDS": "0",
                **(settings or {}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )

    def port(self) -> int:
        """Waits until it has started; where gRPC listens."""
        assert self.process.stdout
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if '"event": "started"' in line:
                return int(json.loads(line)["grpc_port"])
        raise AssertionError("did not start: " + "".join(lines))

    def output(self) -> str:
        """Waits for its end; the rest of what it said."""
        said, _ = self.process.communicate(timeout=20)
        return str(said)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()


Start = Callable[..., Ingest]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts ingest, on one state folder unless told otherwise; ends all of them."""
    started: list[Ingest] = []

    def start(state_dir: Path = tmp_path / "state", **options: Any) -> Ingest:
        started.append(Ingest(state_dir, **options))
        return started[-1]

    yield start
    for each in started:
        each.kill()


class _Authorized(grpc.aio.UnaryUnaryClientInterceptor):
    def __init__(self, tenant: str) -> None:
        self._metadata = grpc.aio.Metadata(("authorization", f"Bearer {KEYS[tenant]}"))

    async def intercept_unary_unary(self, proceed: Any, details: Any, request: Any) -> Any:
        return await proceed(
            details._replace(metadata=self._metadata, wait_for_ready=True), request
        )


Connect = Callable[..., "ingest_pb2_grpc.IngestServiceAsyncStub"]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """A stub of a tenant, on a connection of its own."""
    async with AsyncExitStack() as stack:
        channels = []

        def connect(port: int, tenant: str = "acme") -> "ingest_pb2_grpc.IngestServiceAsyncStub":
            channel = grpc.aio.insecure_channel(
                f"127.0.0.1:{port}", interceptors=[_Authorized(tenant)]
            )
            channels.append(channel)
            stack.push_async_callback(channel.close)
            return ingest_pb2_grpc.IngestServiceStub(channel)

        yield connect
