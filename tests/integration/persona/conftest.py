"""Persona as the process that it is, on sockets of its own, beside a real log."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from dramatis.api.common.v1 import event_pb2
from dramatis.api.persona.v1 import persona_pb2_grpc
from dramatis.runtime.event_log import NewRecord
from dramatis.runtime.log_token import LogToken
from tests.servers.homes import Environment
from tests.servers.sealed import sealed_log

KEYS = {"acme": "acme-0123456789abcdef", "beta": "beta-0123456789abcdef"}
START_SECONDS = 90


class Process:
    """One process and how to talk to it."""

    def __init__(self, state_dir: Path, stores: Environment) -> None:
        inherited = {each: value for each, value in os.environ.items() if "DRAMATIS" not in each}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dramatis.persona"],
            env={
                **inherited,
                **stores,
                "OMP_NUM_THREADS": "1",
                "DRAMATIS_STATE_DIR": str(state_dir),
                "DRAMATIS_API_KEYS": ",".join(f"{t}:{key}" for t, key in KEYS.items()),
                "DRAMATIS_PERSONA_GRPC_ADDRESS": "127.0.0.1:0",
                "DRAMATIS_PERSONA_HTTP_ADDRESS": "127.0.0.1:0",
                "DRAMATIS_PERSONA_DRAIN_WAIT_SECONDS": "0",
                "DRAMATIS_PERSONA_PUBLISH_SECONDS": "0.1",
                "DRAMATIS_PERSONA_BATCH_RECORDS": "200",
            },
            stderr=subprocess.PIPE,
            text=True,
        )
        lines: list[str] = []
        assert self.process.stderr is not None
        for line in self.process.stderr:
            lines.append(line)
            if '"event": "started"' in line:
                self.ports: dict[str, Any] = json.loads(line)
                return
        raise AssertionError("did not start: " + "".join(lines))

    @asynccontextmanager
    async def stub(self) -> AsyncIterator[persona_pb2_grpc.PersonaServiceStub]:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.ports['grpc_port']}") as channel:
            yield persona_pb2_grpc.PersonaServiceStub(channel)

    def end(self, *, kill: bool = False) -> int:
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        self.process.communicate(timeout=30)
        return self.process.returncode


Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts processes; those that still run at the end are killed."""
    started: list[Process] = []

    def launch(state_dir: Path, stores: Environment | None = None) -> Process:
        started.append(Process(state_dir, stores or {}))
        return started[-1]

    yield launch
    for each in started:
        if each.process.poll() is None:
            each.end(kill=True)


def caller(tenant: str = "acme", timeout: float = 60.0) -> dict[str, Any]:
    """Who calls, and by when they want to know."""
    return {"metadata": (("authorization", f"Bearer {KEYS[tenant]}"),), "timeout": timeout}


async def append(
    state_dir: Path, events: Sequence[event_pb2.Event], stores: Environment | None = None
) -> str:
    """Writes events as ingest does; returns the token."""
    async with sealed_log(state_dir, stores) as log:
        positions = await log.append(
            [
                NewRecord(
                    "recipient-events", f"acme/{e.recipient_id}", e.event_id, e.SerializeToString()
                )
                for e in events
            ]
        )
    return LogToken.after(positions).encode()


async def latest(state_dir: Path, topic: str, key: str = "acme") -> bytes:
    """The newest record of a compacted topic."""
    async with sealed_log(state_dir) as log, log.tail([topic]) as tail:
        records = await tail.poll(100, 0.0)
    return [each.value for each in records if each.key == key][-1]


def happenings(recipients: int) -> list[event_pb2.Event]:
    """Two kinds of recipients, half of them sent a campaign that one kind likes."""
    rng = np.random.default_rng(0)
    events = []
    for at in range(recipients):
        kind, sent = at % 2, rng.random() < 0.5
        update = _event(f"u{at}", at)
        update.recipient_updated.attributes["age"].number = float(rng.normal(30 + 30 * kind, 3))
        update.recipient_updated.attributes["mens"].flag = kind == 1
        update.recipient_updated.attributes["zone"].category = ("Rural", "Urban")[kind]
        send = _event(f"s{at}", at, "spring" if sent else "control")
        send.message.kind = (
            event_pb2.MESSAGE_EVENT_KIND_SENT if sent else event_pb2.MESSAGE_EVENT_KIND_HELD_OUT
        )
        events += [update, send]
        if rng.random() < 0.1 + 0.5 * (kind and sent):
            visit = _event(f"v{at}", at)
            visit.site.kind = event_pb2.SITE_EVENT_KIND_PAGE_VIEWED
            events.append(visit)
    return events


def _event(event_id: str, at: int, campaign_id: str = "") -> event_pb2.Event:
    event = event_pb2.Event(event_id=event_id, recipient_id=f"r{at:05d}")
    event.event_time.seconds = 1_700_000_000
    event.attribution.campaign_id = campaign_id
    return event


async def eventually(true: Callable[[], Any], seconds: float = 30.0) -> None:
    """Waits for something to become true."""
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.02)
