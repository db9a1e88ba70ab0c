"""PostgreSQL killed and away under load: nothing acked is lost, callers are told, ingest comes back."""

import asyncio
import base64
import os
import time
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import grpc
import pytest

from dramatis.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from dramatis.cli.fleet import Fleet, free_berths
from dramatis.runtime.keyring.opening import open_keyring
from dramatis.runtime.status import retry_info
from tests.chaos.evidence import settings_of
from tests.chaos.table import table
from tests.chaos.test_kills import RETRY, event
from tests.servers.database_server import DatabaseServer

AWAY_SECONDS = float(os.environ.get("DRAMATIS_CHAOS_SECONDS", "5"))
KILLS = 20 if AWAY_SECONDS >= 60 else 3
BATCH, SENDERS = 100, 4
TOLD_SECONDS = 4.0
"""One attempt to connect, at most, and the call around it."""
BACK_SECONDS = 10.0
LEAST_RATE = 500
"""Events a second, or the run has shown nothing."""


@dataclass
class Told:
    """What senders heard.

    Attributes:
        acked: ids of events that are said to be durable.
        refused: how long each refusal took, in seconds.
        unexplained: codes of answers that a sender cannot act on.
    """

    acked: set[str] = field(default_factory=set)
    refused: list[float] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)

    async def more(self, count: int = 1) -> None:
        """Returns when that many more are acked."""
        before = len(self.acked)
        while len(self.acked) < before + count:
            await asyncio.sleep(0.01)


@pytest.fixture
async def fleet(tmp_path: Path, own_postgres: DatabaseServer) -> AsyncIterator[Fleet]:
    """Ingest alone."""
    environ = {
        "DRAMATIS_POSTGRES_DSN": own_postgres.dsn,
        "DRAMATIS_MASTER_KEY": base64.b64encode(os.urandom(32)).decode(),
    }
    berths = tuple(each for each in free_berths() if each.service == "ingest")
    async with Fleet(tmp_path, berths, environ=environ) as running:
        await running.ready(lambda name: None)
        yield running


async def send(fleet: Fleet, sender: int, told: Told, stop: asyncio.Event) -> None:
    """Sends batch after batch, each until it is acked."""
    metadata = [("authorization", f"Bearer {fleet.key}")]
    async with grpc.aio.insecure_channel(fleet.address("ingest"), options=RETRY) as channel:
        ingest = ingest_pb2_grpc.IngestServiceStub(channel)
        number = 0
        while not stop.is_set():
            begun = time.monotonic()
            rows = range(number * BATCH, (number + 1) * BATCH)
            request = ingest_pb2.PublishEventsRequest(request_id=f"{sender}/{number}")
            request.events.extend(event(row * SENDERS + sender, "sent") for row in rows)
            try:
                answer = await ingest.PublishEvents(request, metadata=metadata, timeout=20)
            except grpc.aio.AioRpcError as error:
                told.refused.append(time.monotonic() - begun)
                if error.code() != grpc.StatusCode.UNAVAILABLE or retry_info(error) is None:
                    told.unexplained.append(f"{error.code()}: {error.details()}")
                await asyncio.sleep(0.1)
                continue
            assert len(answer.results) == BATCH
            told.acked.update(each.event_id for each in request.events)
            number += 1


async def kept(server: DatabaseServer) -> list[str]:
    """The events that ingest's store knows, by pseudonym, each as often as it stands there."""
    connection = await asyncpg.connect(server.dsn)
    try:
        return [row[0] for row in await connection.fetch("SELECT event_id FROM ingest.events")]
    finally:
        await connection.close()


async def pseudonyms(fleet: Fleet, event_ids: Collection[str]) -> set[str]:
    """What the store calls these events."""
    async with open_keyring(settings_of(fleet)) as keyring:
        return {keyring.names.event(fleet.tenant, each) for each in event_ids}


async def away(server: DatabaseServer, told: Told, seconds: float) -> float:
    """Kills the server for so long; how long after its return something was acked again."""
    await asyncio.to_thread(server.kill)
    until = time.monotonic() + seconds
    before = len(told.refused)
    while time.monotonic() < until or len(told.refused) == before:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(server.start)
    back = time.monotonic()
    await told.more()
    return time.monotonic() - back


async def under_load(fleet: Fleet, server: DatabaseServer, outages: list[float], name: str) -> None:
    told, stop = Told(), asyncio.Event()
    begun, down, found = time.monotonic(), 0.0, []
    async with asyncio.TaskGroup() as group:
        for sender in range(SENDERS):
            group.create_task(send(fleet, sender, told, stop))
        for seconds in outages:
            await told.more(10 * BATCH)
            before = time.monotonic()
            found.append(await away(server, told, seconds))
            down += time.monotonic() - before
        await told.more(BATCH)
        stop.set()
    ids, acked = await kept(server), await pseudonyms(fleet, told.acked)
    counts = {
        "outages": len(outages),
        "seconds away": sum(outages),
        "events acked": len(told.acked),
        "events per second while up": len(told.acked) / (time.monotonic() - begun - down),
        "acked, lost": len(acked - set(ids)),
        "kept twice": len(ids) - len(set(ids)),
        "calls refused": len(told.refused),
        "slowest refusal, seconds": max(told.refused),
        "refusals without advice": len(told.unexplained),
        "slowest return, seconds": max(found),
    }
    print(table(name, counts))
    assert counts["events per second while up"] >= LEAST_RATE
    assert acked <= set(ids)
    assert len(ids) == len(set(ids))
    assert told.unexplained == []
    assert max(told.refused) < TOLD_SECONDS
    assert max(found) < BACK_SECONDS


async def test_killed_again_and_again(fleet: Fleet, own_postgres: DatabaseServer) -> None:
    await under_load(fleet, own_postgres, [0.0] * KILLS, "PostgreSQL killed under load")


async def test_away_for_long(fleet: Fleet, own_postgres: DatabaseServer) -> None:
    await under_load(fleet, own_postgres, [AWAY_SECONDS], "PostgreSQL away under load")
