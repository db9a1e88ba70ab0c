"""How long evidence takes from the call of ingest to a published snapshot that holds it."""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import grpc
import numpy as np

from bench.support import ingest_events
from dramatis.api.common.v1 import event_pb2
from dramatis.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from dramatis.api.persona.v1 import persona_pb2, persona_pb2_grpc
from dramatis.cli.fleet import Fleet, free_berths

EVENTS_PER_SECOND: Final = 1_000
WINDOW: Final = 100
"""Events of a call, ten calls a second; the first event of each second's first is a probe."""
PATIENCE_SECONDS: Final = 60.0


async def delays(seconds: int, warm_up: int, rng: np.random.Generator) -> Sequence[float]:
    """Of one probe per second: a send of a campaign that nobody knew, seen in a snapshot.

    Args:
        seconds: how long events come at `EVENTS_PER_SECOND`.
        warm_up: events before that, at once.
        rng: draws them.
    """
    berths = tuple(each for each in free_berths() if each.service in {"ingest", "persona"})
    with tempfile.TemporaryDirectory() as state:
        async with Fleet(Path(state), berths) as fleet:
            await fleet.ready(lambda name: None)
            metadata = (("authorization", f"Bearer {fleet.key}"),)
            async with (
                grpc.aio.insecure_channel(fleet.address("ingest")) as to_ingest,
                grpc.aio.insecure_channel(fleet.address("persona")) as to_persona,
            ):
                ingest = ingest_pb2_grpc.IngestServiceStub(to_ingest)
                persona = persona_pb2_grpc.PersonaServiceStub(to_persona)
                requests = _requests(rng)
                for _ in range(warm_up // WINDOW):
                    await ingest.PublishEvents(next(requests), metadata=metadata)
                watching = asyncio.create_task(_watch(persona, metadata, seconds))
                told = await _tell(ingest, metadata, requests, seconds)
                async with asyncio.timeout(PATIENCE_SECONDS):
                    seen = await watching
    return [seen[name] - told[name] for name in told]


def _requests(rng: np.random.Generator) -> Iterator[ingest_pb2.PublishEventsRequest]:
    for number, window in enumerate(ingest_events.windows("e", WINDOW, rng)):
        events = ingest_pb2.StreamEventsRequest.FromString(window).events
        yield ingest_pb2.PublishEventsRequest(request_id=f"q{number}", events=events)


async def _tell(
    ingest: "ingest_pb2_grpc.IngestServiceAsyncStub",
    metadata: tuple[tuple[str, str], ...],
    requests: Iterator[ingest_pb2.PublishEventsRequest],
    seconds: int,
) -> dict[str, float]:
    """When each probe was told."""
    told: dict[str, float] = {}
    begun = time.monotonic()
    for call in range(seconds * EVENTS_PER_SECOND // WINDOW):
        due = begun + call * WINDOW / EVENTS_PER_SECOND
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        request = next(requests)
        if call % (EVENTS_PER_SECOND // WINDOW) == 0:
            name = _probe(request, call)
            told[name] = time.monotonic()
        await ingest.PublishEvents(request, metadata=metadata)
    return told


def _probe(request: ingest_pb2.PublishEventsRequest, call: int) -> str:
    event = request.events[0]
    event.message.kind = event_pb2.MESSAGE_EVENT_KIND_SENT
    event.attribution.campaign_id = f"probe-{call:05}"
    return event.attribution.campaign_id


async def _watch(
    persona: "persona_pb2_grpc.PersonaServiceAsyncStub",
    metadata: tuple[tuple[str, str], ...],
    probes: int,
) -> dict[str, float]:
    """When each probe was first in a snapshot."""
    seen: dict[str, float] = {}
    request = persona_pb2.WatchSnapshotsRequest(include_tables=True)
    watch = persona.WatchSnapshots(request, metadata=metadata)
    async for answer in watch:
        for name in answer.snapshot.responses.campaign_ids:
            if name.startswith("probe-"):
                seen.setdefault(name, time.monotonic())
        if len(seen) == probes:
            break
    watch.cancel()
    return seen
