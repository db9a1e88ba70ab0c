"""The network of persona, part by part."""

from collections.abc import AsyncIterator

import grpc

from dramatis.api.persona.v1 import persona_pb2, persona_pb2_grpc
from dramatis.cli.adapters.clients import OPTIONS, SECONDS, ours


async def parts(address: str, key: str) -> AsyncIterator[tuple[str, str]]:
    """Yields the network's version with each part of its BIF.

    Raises:
        DramatisError: what persona said, with its reason.
    """
    metadata = (("authorization", f"Bearer {key}"),)
    async with grpc.aio.insecure_channel(address, options=OPTIONS) as channel:
        stub = persona_pb2_grpc.PersonaServiceStub(channel)
        with ours():
            request = persona_pb2.ExportNetworkRequest()
            async for part in stub.ExportNetwork(request, metadata=metadata, timeout=SECONDS):
                yield part.network_version, part.bif
