"""The simulator as the process that it is, on sockets of its own."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest

from dramatis.api.simulator.v1 import simulator_pb2_grpc

KEYS = {"acme": "acme-0123456789abcdef", "beta": "beta-0123456789abcdef"}


class Simulator:
    """One process and its state."""

    def __init__(self, state_dir: Path, **environment: str) -> None:
        keys = ",".join(f"{tenant}:{key}" for tenant, key in KEYS.items())
        inherited = {each: value for each, value in os.environ.items() if "DRAMATIS" not in each}
        self.state_dir = state_dir
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dramatis.simulator"],
            env={
                **inherited,
                "DRAMATIS_STATE_DIR": str(state_dir),
                "DRAMATIS_API_KEYS": keys,
                "DRAMATIS_SIMULATOR_GRPC_ADDRESS": "127.0.0.1:0",
                "DRAMATIS_SIMULATOR_HTTP_ADDRESS": "127.0.0.1:0",
                "DRAMATIS_SIMULATOR_DRAIN_WAIT_SECONDS": "0",
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ports(self) -> tuple[int, int]:
        """Waits until it has started; where gRPC and HTTP listen."""
        assert self.process.stdout
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if '"event": "started"' in line:
                found = json.loads(line)
                return int(found["grpc_port"]), int(found["http_port"])
        raise AssertionError("did not start: " + "".join(lines))

    def kill(self) -> None:
        """Ends it as `kill -9` does."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()


Start = Callable[..., Simulator]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the simulator on one state folder unless told otherwise; ends all of them."""
    started: list[Simulator] = []

    def start(state_dir: Path = tmp_path / "state", **environment: str) -> Simulator:
        started.append(Simulator(state_dir, **environment))
        return started[-1]

    yield start
    for each in started:
        if each.process.returncode is None:
            each.kill()


class Caller:
    """A tenant's calls."""

    def __init__(self, channel: grpc.aio.Channel, tenant: str) -> None:
        self._stub = simulator_pb2_grpc.SimulatorServiceStub(channel)
        self._metadata = (("authorization", f"Bearer {KEYS[tenant]}"),)

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._stub, method)

        def bound(request: Any, timeout: float = 20) -> Any:
            return call(request, timeout=timeout, metadata=self._metadata, wait_for_ready=True)

        return bound


Connect = Callable[..., Caller]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """A tenant's calls, on a connection of its own."""
    async with AsyncExitStack() as stack:
        channels = []

        def connect(port: int, tenant: str = "acme") -> Caller:
            channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
            channels.append(channel)
            stack.push_async_callback(channel.close)
            return Caller(channel, tenant)

        yield connect
