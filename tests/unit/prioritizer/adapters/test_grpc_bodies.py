"""Snapshots from a server that gives whatever it is told to."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import grpc
import pytest

from dramatis.api.persona.v1 import persona_pb2 as pb
from dramatis.api.persona.v1 import persona_pb2_grpc
from dramatis.core.errors import DramatisError, Invalid, NotFound, Unavailable
from dramatis.core.snapshot import Snapshot, SnapshotReference
from dramatis.prioritizer.adapters.grpc_bodies import MOST_BYTES, GrpcBodies
from dramatis.wire.snapshots import from_snapshot, refer
from tests.unit.prioritizer.samples import NOW, snapshot

BODY = from_snapshot(snapshot())
REFERENCE = SnapshotReference("acme", "s-1", NOW, len(BODY), hashlib.sha256(BODY).digest())


class Persona(persona_pb2_grpc.PersonaServiceServicer):
    """Sends its parts to whoever has the key."""

    def __init__(self, parts: list[bytes]) -> None:
        self.parts = parts
        self.sent = 0

    async def DownloadSnapshot(  # noqa: N802
        self, request: pb.DownloadSnapshotRequest, context: Any
    ) -> AsyncIterator[pb.DownloadSnapshotResponse]:
        if ("authorization", "Bearer key") not in context.invocation_metadata():
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")
        if not self.parts:
            await context.abort(grpc.StatusCode.NOT_FOUND, "gone")
        for part in self.parts:
            self.sent += 1
            yield pb.DownloadSnapshotResponse(data=part)


@asynccontextmanager
async def serving(persona: Persona, key: str = "key") -> AsyncIterator[GrpcBodies]:
    server = grpc.aio.server()
    persona_pb2_grpc.add_PersonaServiceServicer_to_server(persona, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with GrpcBodies.open(f"127.0.0.1:{port}", {"acme": key}) as bodies:
        yield bodies
    await server.stop(None)


async def test_parts_make_the_whole() -> None:
    async with serving(Persona([BODY[:100], BODY[100:]])) as bodies:
        change = await bodies.fetch(REFERENCE)
    assert change.body == BODY
    assert isinstance(change.value, Snapshot)
    assert change.value.snapshot_id == "s-1"


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ([], NotFound),
        ([BODY[:-1]], Invalid),
        ([BODY[:-1] + b"x"], Invalid),
        ([BODY, b"x"], Invalid),
    ],
)
async def test_anything_else_is_refused(parts: list[bytes], error: type[DramatisError]) -> None:
    async with serving(Persona(parts)) as bodies:
        with pytest.raises(error):
            await bodies.fetch(REFERENCE)


async def test_who_sends_without_end_is_not_listened_to() -> None:
    persona = Persona([bytes(1 << 20)] * 200)
    async with serving(persona) as bodies:
        with pytest.raises(Invalid):
            await bodies.fetch(REFERENCE)
    assert persona.sent < 200


async def test_a_body_that_only_refers_on_is_no_snapshot() -> None:
    again = refer(snapshot(), BODY)
    about = replace(REFERENCE, size_bytes=len(again), sha256=hashlib.sha256(again).digest())
    async with serving(Persona([again])) as bodies:
        with pytest.raises(Invalid, match="no snapshot"):
            await bodies.fetch(about)


@pytest.mark.parametrize("size", [0, -1, MOST_BYTES + 1])
async def test_impossible_sizes_are_not_asked_for(size: int) -> None:
    persona = Persona([BODY])
    async with serving(persona) as bodies:
        with pytest.raises(Invalid):
            await bodies.fetch(replace(REFERENCE, size_bytes=size))
    assert persona.sent == 0


async def test_without_the_right_key_one_tries_again() -> None:
    async with serving(Persona([BODY]), key="another") as bodies:
        with pytest.raises(Unavailable, match="UNAUTHENTICATED"):
            await bodies.fetch(REFERENCE)
