"""Persona and prioritizer as processes; snapshots that do not travel in the log; persona killed."""

import asyncio
import re
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest

from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.api.prioritizer.v1 import prioritizer_pb2_grpc
from dramatis.cli.fleet import free_berths
from dramatis.core.campaign import Campaign
from dramatis.core.consent import Consent, ConsentState, Purpose
from dramatis.core.snapshot import SnapshotReference
from dramatis.runtime.event_log import NewRecord
from dramatis.wire import snapshots
from dramatis.wire.campaigns import from_campaign
from dramatis.wire.consents import from_recipient
from tests.chaos.processes import KEY, METADATA, Service
from tests.servers.sealed import sealed_log
from tests.unit.prioritizer.samples import NOW

HALF = 100_000
"""Bytes of a download that get through before the line is held."""
pytestmark = pytest.mark.slow


class Line:
    """What lies between prioritizer and persona; it can be held, and cut, while a download is on."""

    def __init__(self, port: int) -> None:
        self.persona = port
        self.open = asyncio.Event()
        self.open.set()
        self.held = asyncio.Event()
        self.cut = False
        self._connections: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    def _connect(self, ours: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self._connections.add(asyncio.create_task(self._join(ours, back)))

    async def _join(self, ours: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            async with closing(back):
                theirs, forth = await asyncio.open_connection("127.0.0.1", self.persona)
                async with closing(forth):
                    await asyncio.gather(
                        self._pass(ours, forth, -1), self._pass(theirs, back, HALF)
                    )

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, hold_after: int
    ) -> None:
        passed = 0
        with suppress(OSError):
            while data := await source.read(1 << 14):
                passed += len(data)
                if 0 <= hold_after < passed and not self.open.is_set():
                    self.held.set()
                    await self.open.wait()
                    if self.cut:
                        break
                sink.write(data)
                await sink.drain()
        sink.close()


@asynccontextmanager
async def closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    try:
        yield
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def persona(folder: Path, port: int) -> Service:
    return Service(
        "persona",
        folder,
        {
            "DRAMATIS_PERSONA_GRPC_ADDRESS": f"127.0.0.1:{port}",
            "DRAMATIS_PERSONA_SNAPSHOT_BYTES": "0",
            "DRAMATIS_PERSONA_PUBLISH_SECONDS": "0.1",
        },
    )


def prioritizer(folder: Path, port: int) -> Service:
    return Service(
        "prioritizer",
        folder,
        {
            "DRAMATIS_PRIORITIZER_PERSONA_TARGET": f"127.0.0.1:{port}",
            "DRAMATIS_PRIORITIZER_PERSONA_KEYS": f"acme:{KEY}",
        },
    )


async def tell(folder: Path, records: Sequence[NewRecord]) -> None:
    async with sealed_log(folder) as log:
        await log.append(records)


def campaigns(count: int) -> list[NewRecord]:
    """Their names alone make a snapshot of several hundred thousand bytes."""
    names = [f"{at:0128}" for at in range(count)]
    made = [from_campaign(Campaign(name)).SerializeToString() for name in names]
    return [
        NewRecord("campaigns", f"acme/{name}", name, body)
        for name, body in zip(names, made, strict=True)
    ]


def agreed() -> NewRecord:
    said = [Consent(Purpose.MARKETING, ConsentState.GRANTED, NOW)]
    return NewRecord("consents", "acme/r-0", "c", from_recipient("acme", "r-0", said))


async def newest(folder: Path) -> SnapshotReference | None:
    async with sealed_log(folder) as log, log.tail(["snapshots"]) as tail:
        records = await tail.poll(100, 0.0)
    found = [snapshots.read(each.value) for each in records]
    assert all(isinstance(each, SnapshotReference) for each in found)
    return found[-1] if found else None  # type: ignore[return-value]


async def answer(service: Service) -> str:
    """Id of the snapshot that decides."""
    item = pb.PrioritizeItem(request_id="q")
    item.recipient.recipient_id = "r-0"
    request = pb.PrioritizeRequest(items=[item], mode=pb.MODE_DRY_RUN)
    async with service.channel() as channel:
        stub = prioritizer_pb2_grpc.PrioritizerServiceStub(channel)
        found = await stub.Prioritize(request, metadata=METADATA, timeout=30)
    return found.snapshot_id


async def until(service: Service, snapshot_id: str) -> None:
    async with asyncio.timeout(60):
        while await answer(service) != snapshot_id:
            await asyncio.sleep(0.1)


def metric(service: Service, name: str) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{service.ports['http_port']}/metrics") as page:
        found = re.search(rf"^{re.escape(name)} (\S+)$", page.read().decode(), re.MULTILINE)
    return float(found[1]) if found else 0.0


async def larger(folder: Path, than: int) -> SnapshotReference:
    """The newest snapshot once it is that large."""
    async with asyncio.timeout(120):
        while (found := await newest(folder)) is None or found.size_bytes <= than:
            await asyncio.sleep(0.1)
    return found


AWAITED = "dramatis_prioritizer_awaited_snapshots"
FAILED = 'dramatis_prioritizer_snapshot_fetches_total{outcome="failed"}'


async def test_persona_killed_in_the_middle_of_a_download(tmp_path: Path) -> None:
    port = int(free_berths()[0].grpc_address.rpartition(":")[2])
    line = Line(port)
    with ExitStack() as services:
        async with line.listening() as through:
            await tell(tmp_path, [agreed()])
            first = services.enter_context(persona(tmp_path, port))
            deciding = services.enter_context(prioritizer(tmp_path, through))
            before = await larger(tmp_path, 0)
            await until(deciding, before.snapshot_id)

            line.open.clear()
            await tell(tmp_path, campaigns(2_500))
            after = await larger(tmp_path, 2 * HALF)
            await asyncio.wait_for(line.held.wait(), 60)
            first.process.kill()
            first.process.wait()
            line.cut = True
            line.open.set()
            async with asyncio.timeout(60):
                while metric(deciding, FAILED) < 1:
                    await asyncio.sleep(0.1)
            kept = await answer(deciding)
            assert kept not in {"", after.snapshot_id}
            assert metric(deciding, AWAITED) == 1

            services.enter_context(persona(tmp_path, port))
            await until(deciding, after.snapshot_id)
            assert metric(deciding, AWAITED) == 0
            files = tmp_path / "prioritizer-snapshots" / "acme"
            assert after.sha256.hex() in max(each.name for each in files.iterdir())

        # With persona out of reach, what is on disk decides, and needs not be fetched again.
        again = services.enter_context(prioritizer(tmp_path, through))
        await until(again, after.snapshot_id)
        assert metric(again, AWAITED) == 0
