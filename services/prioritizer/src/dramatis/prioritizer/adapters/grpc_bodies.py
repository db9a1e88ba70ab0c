"""Large snapshots from persona, by its DownloadSnapshot."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import grpc

from dramatis.api.persona.v1 import persona_pb2, persona_pb2_grpc
from dramatis.core.errors import DramatisError, Invalid, NotFound, Unavailable
from dramatis.core.snapshot import SnapshotReference
from dramatis.prioritizer.adapters.records import nobody, to_change
from dramatis.prioritizer.ports import About, Change
from dramatis.runtime import topics

FETCH_SECONDS: Final = 120.0
MOST_BYTES: Final = 256 << 20
"""A snapshot that says it is larger is not fetched."""


class GrpcBodies:
    """`Bodies` of a persona service."""

    def __init__(self, channel: grpc.aio.Channel, keys: Mapping[str, str]) -> None:
        """Makes it.

        Args:
            channel: to persona.
            keys: to call it with, by tenant.
        """
        self._persona = persona_pb2_grpc.PersonaServiceStub(channel)
        self._keys = keys

    @classmethod
    @asynccontextmanager
    async def open(cls, target: str, keys: Mapping[str, str]) -> AsyncIterator["GrpcBodies"]:
        """Makes a channel to a host:port; nothing is sent before the first `fetch`."""
        async with grpc.aio.insecure_channel(target) as channel:
            yield cls(channel, keys)

    async def fetch(self, reference: SnapshotReference) -> Change:
        """See `Bodies`."""
        body = await self._download(reference)
        return await asyncio.to_thread(opened, reference, body)

    async def _download(self, reference: SnapshotReference) -> bytes:
        if not 0 < reference.size_bytes <= MOST_BYTES:
            raise Invalid(f"a snapshot of {reference.size_bytes} bytes", field="body.size_bytes")
        request = persona_pb2.DownloadSnapshotRequest(snapshot_id=reference.snapshot_id)
        key = self._keys.get(reference.tenant)
        metadata = [("authorization", f"Bearer {key}")] if key else []
        body = bytearray()
        try:
            call = self._persona.DownloadSnapshot(request, metadata=metadata, timeout=FETCH_SECONDS)
            async for part in call:
                body += part.data
                if len(body) > reference.size_bytes:
                    call.cancel()
                    break
        except grpc.aio.AioRpcError as error:
            raise _ours(error, reference.snapshot_id) from None
        return bytes(body)


def opened(reference: SnapshotReference, body: bytes) -> Change:
    """The snapshot, if these are the bytes that are referred to.

    Raises:
        Invalid: they are not.
    """
    same = len(body) == reference.size_bytes
    if not same or hashlib.sha256(body).digest() != reference.sha256:
        raise Invalid("what was fetched is not what the log refers to", reason="SNAPSHOT_DAMAGED")
    change = to_change(topics.SNAPSHOTS.name, reference.tenant, body, nobody)
    if change is None or change.about is not About.SNAPSHOT:
        raise Invalid("what was fetched is no snapshot", reason="SNAPSHOT_DAMAGED")
    return change


def _ours(error: grpc.aio.AioRpcError, snapshot_id: str) -> DramatisError:
    if error.code() is grpc.StatusCode.NOT_FOUND:
        return NotFound("snapshot", snapshot_id)
    return Unavailable(f"persona: {error.code().name}: {error.details()}", reason="NO_SNAPSHOT")
