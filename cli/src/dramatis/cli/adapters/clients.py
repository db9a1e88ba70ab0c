"""Stubs of the five services on one set of channels, and their errors as ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Final, Self, TypeVar

import grpc
from google.rpc import error_details_pb2, status_pb2

from dramatis.api.ingest.v1 import ingest_pb2_grpc
from dramatis.api.optimizer.v1 import optimizer_pb2_grpc
from dramatis.api.persona.v1 import persona_pb2_grpc
from dramatis.api.prioritizer.v1 import prioritizer_pb2_grpc
from dramatis.api.simulator.v1 import simulator_pb2_grpc
from dramatis.core.errors import DramatisError, Exhausted, Retryable, Unavailable

T = TypeVar("T")

SECONDS: Final = 120.0
"""Deadline of a call."""
OPTIONS: Final = [("grpc.max_receive_message_length", 64 << 20)]
_DETAILS: Final = "grpc-status-details-bin"
_RETRYABLE: Final[Mapping[grpc.StatusCode, type[Retryable]]] = {
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.DEADLINE_EXCEEDED: Unavailable,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Exhausted,
}


@dataclass(frozen=True)
class Clients:
    """One stub per service."""

    ingest: ingest_pb2_grpc.IngestServiceAsyncStub
    persona: persona_pb2_grpc.PersonaServiceAsyncStub
    simulator: simulator_pb2_grpc.SimulatorServiceAsyncStub
    optimizer: optimizer_pb2_grpc.OptimizerServiceAsyncStub
    prioritizer: prioritizer_pb2_grpc.PrioritizerServiceAsyncStub


class Connection:
    """Channels to all services; opened by `async with`.

    Args:
        addresses: host:port by service.
        key: API key of the tenant to act for.
    """

    def __init__(self, addresses: Mapping[str, str], key: str) -> None:
        self._addresses = addresses
        self.metadata = (("authorization", f"Bearer {key}"),)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        channels = {
            name: await self._stack.enter_async_context(
                grpc.aio.insecure_channel(address, options=OPTIONS)
            )
            for name, address in self._addresses.items()
        }
        self.clients = Clients(
            ingest=ingest_pb2_grpc.IngestServiceStub(channels["ingest"]),
            persona=persona_pb2_grpc.PersonaServiceStub(channels["persona"]),
            simulator=simulator_pb2_grpc.SimulatorServiceStub(channels["simulator"]),
            optimizer=optimizer_pb2_grpc.OptimizerServiceStub(channels["optimizer"]),
            prioritizer=prioritizer_pb2_grpc.PrioritizerServiceStub(channels["prioritizer"]),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def call(self, method: Callable[..., Awaitable[T]], request: object) -> T:
        """The answer to a unary call.

        Raises:
            DramatisError: what the service said, with its reason.
        """
        with ours():
            return await method(request, metadata=self.metadata, timeout=SECONDS)


class IngestConnection:
    """A channel to ingest alone; opened by `async with`.

    Args:
        address: host:port.
        key: API key of the tenant to act for.
    """

    stub: ingest_pb2_grpc.IngestServiceAsyncStub

    def __init__(self, address: str, key: str) -> None:
        self.metadata = (("authorization", f"Bearer {key}"),)
        self._channel = grpc.aio.insecure_channel(address, options=OPTIONS)

    async def __aenter__(self) -> Self:
        self.stub = ingest_pb2_grpc.IngestServiceStub(self._channel)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._channel.close()

    async def call(self, method: Callable[..., Awaitable[T]], request: object) -> T:
        """The answer to a unary call.

        Raises:
            DramatisError: what the service said, with its reason.
        """
        with ours():
            return await method(request, metadata=self.metadata, timeout=SECONDS)


@contextmanager
def ours() -> Iterator[None]:
    """Turns a failed call into a `DramatisError` with the service's own reason and sentence."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise _translated(error) from None


def _translated(error: grpc.aio.AioRpcError) -> DramatisError:
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    for key, value in error.trailing_metadata() or ():
        if key == _DETAILS and isinstance(value, bytes):
            for detail in status_pb2.Status.FromString(value).details:
                detail.Unpack(info)
                detail.Unpack(retry)
    message = error.details() or error.code().name
    reason, metadata = info.reason or error.code().name, dict(info.metadata)
    if (kind := _RETRYABLE.get(error.code())) is not None:
        seconds = retry.retry_delay.ToTimedelta().total_seconds()
        return kind(message, reason=reason, retry_after_seconds=seconds, **metadata)
    return DramatisError(message, reason=reason, **metadata)
