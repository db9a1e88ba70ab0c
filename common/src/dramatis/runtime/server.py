"""The gRPC server that every service has, with limits that hold against hostile clients."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from dramatis.core.errors import Unavailable, Unimplemented
from dramatis.runtime.interceptors.call import Call, Method
from dramatis.runtime.interceptors.mask import refuse
from dramatis.runtime.interceptors.wrap import Handler, Interceptors, wrap

OPTIONS: Mapping[str, int] = {
    "grpc.max_concurrent_streams": 100,
    "grpc.max_connection_age_ms": 300_000,
    "grpc.max_connection_age_grace_ms": 70_000,
    "grpc.server_handshake_timeout_ms": 3_000,
    "grpc.max_receive_message_length": 4 << 20,
    "grpc.max_send_message_length": 4 << 20,
    "grpc.max_metadata_size": 16 << 10,
    "grpc.absolute_max_metadata_size": 16 << 10,
    "grpc.so_reuseport": 0,
}


class AddressInUseError(Exception):
    """Nothing can listen at this address."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class Server:
    """A grpc.aio server. It may start before its services are there: they are UNAVAILABLE then."""

    def __init__(self, interceptors: Interceptors) -> None:
        self._router = _Router(interceptors)
        self._drain = interceptors.drain
        self._server = grpc.aio.server(options=list(OPTIONS.items()))
        self._server.add_generic_rpc_handlers((self._router,))

    def add(
        self, add_to_server: Callable[[Any, Any], None], servicer: object, *, public: bool = False
    ) -> str:
        """Registers a servicer with its generated `add_..._to_server`; returns the service's name.

        Args:
            add_to_server: generated beside the servicer's base class.
            servicer: answers; streams are async generators.
            public: whether callers need no identity.
        """
        registrar = _Registrar()
        add_to_server(servicer, registrar)
        for name, handler in registrar.handlers.items():
            self._router.add(registrar.service, name, handler, public)
        return registrar.service

    def services(self) -> Sequence[str]:
        """Full names of the services that are there so far."""
        return self._router.services

    def complete(self) -> None:
        """All services are there: adds reflection; what is not known now is UNIMPLEMENTED."""
        names = [*self._router.services, reflection.SERVICE_NAME]
        self.add(
            reflection_pb2_grpc.add_ServerReflectionServicer_to_server,
            reflection.aio.ReflectionServicer(names),
            public=True,
        )
        self._router.complete = True

    async def start(self, address: str) -> int:
        """Listens and returns the port.

        Raises:
            AddressInUseError: something else listens there, or nothing may.
        """
        try:
            port = self._server.add_insecure_port(address)
        except RuntimeError:
            await self._server.stop(0)
            raise AddressInUseError(address) from None
        await self._server.start()
        return port

    async def stop(self, grace_seconds: float) -> None:
        """Takes no more calls and waits for those in progress, no longer than `grace_seconds`.

        Streams that wait, for their caller or for a change, end at once, UNAVAILABLE: to be opened
        anew elsewhere.
        """
        self._drain.begin()
        await self._server.stop(grace_seconds)


class _Registrar:
    """Takes what generated code gives to a server."""

    def __init__(self) -> None:
        self.service = ""
        self.handlers: Mapping[str, Handler] = {}

    def add_generic_rpc_handlers(self, handlers: object) -> None:
        """The same methods once more, as older servers want them."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, Handler]) -> None:
        self.service = service
        self.handlers = handlers


class _Router(grpc.GenericRpcHandler):
    """Finds the handler of a method; wrapped when it was added, not at each call."""

    def __init__(self, interceptors: Interceptors) -> None:
        self._interceptors = interceptors
        self._methods: dict[str, Handler] = {}
        self.services: list[str] = []
        self.complete = False

    def add(self, service: str, name: str, handler: Handler, public: bool) -> None:
        if service not in self.services:
            self.services.append(service)
        wrapped = wrap(handler, service, name, self._interceptors, public=public)
        self._methods[f"/{service}/{name}"] = wrapped

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler:
        """The handler of a method; of one that is not there, a handler that says so."""
        known = self._methods.get(handler_call_details.method)
        return known or (_UNKNOWN if self.complete else _STARTING)


async def _starting(requests: object, context: Any) -> AsyncIterator[bytes]:
    error = Unavailable("this service is still starting", reason="STARTING")
    await refuse(Call(_ANY, context), error)
    yield b""


async def _unknown(requests: object, context: Any) -> AsyncIterator[bytes]:
    error = Unimplemented("this server has no such method", reason="NO_SUCH_METHOD")
    await refuse(Call(_ANY, context), error)
    yield b""


_ANY = Method("", "", "bidi_stream", public=True)
_STARTING: Handler = grpc.stream_stream_rpc_method_handler(_starting)
_UNKNOWN: Handler = grpc.stream_stream_rpc_method_handler(_unknown)
