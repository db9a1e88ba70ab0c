"""grpc.health.v1 over the process's `Health`: all services share one verdict."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from typing import Any

from grpc_health.v1 import health_pb2, health_pb2_grpc

from dramatis.core.errors import NotFound, Unimplemented
from dramatis.runtime.health import Health

_Response = health_pb2.HealthCheckResponse


class HealthServicer(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """Answers for the server as a whole (the empty name) and for each of its services."""

    def __init__(self, health: Health, services: Callable[[], Collection[str]]) -> None:
        self._health = health
        self._services = services
        self._changed: set[asyncio.Event] = set()
        health.listen(lambda ready: self._wake())

    async def Check(self, request: Any, context: object) -> Any:  # noqa: N802
        """The verdict now; NOT_FOUND for a service that is not here."""
        if not self._known(request.service):
            raise NotFound("service", request.service)
        return _Response(status=self._status(request.service))

    async def List(self, request: object, context: object) -> Any:  # noqa: N802
        """Not in every release of grpcio-health-checking; refused in all alike."""
        raise Unimplemented("ask Check for one service, or for the server with an empty name")

    async def Watch(self, request: Any, context: object) -> AsyncIterator[Any]:  # noqa: N802
        """The verdict now and whenever it changes."""
        changed = asyncio.Event()
        self._changed.add(changed)
        try:
            last = None
            while not self._health.closed:
                changed.clear()
                if (status := self._status(request.service)) != last:
                    yield _Response(status=status)
                    last = status
                await changed.wait()
        finally:
            self._changed.discard(changed)

    def _known(self, service: str) -> bool:
        return not service or service in self._services()

    def _status(self, service: str) -> int:
        if not self._known(service):
            return int(_Response.SERVICE_UNKNOWN)
        return int(_Response.SERVING if self._health.ready else _Response.NOT_SERVING)

    def _wake(self) -> None:
        for changed in self._changed:
            changed.set()
