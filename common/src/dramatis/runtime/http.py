"""HTTP in the service's own event loop.

The port for operators that every service has: /metrics, /healthz (the process lives), /readyz (it
can work). A service may serve further applications.
"""

import asyncio
import math
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from dramatis.runtime.health import Health
from dramatis.runtime.server import AddressInUseError

STOP_SECONDS = 3  # a scraper that does not read must not hold up the stop


def application(health: Health) -> Starlette:
    """The three paths."""

    async def metrics(request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def healthz(request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def readyz(request: Request) -> Response:
        missing = list(health.missing)
        return JSONResponse(
            {"ready": not missing, "missing": missing}, status_code=503 if missing else 200
        )

    paths = {"/metrics": metrics, "/healthz": healthz, "/readyz": readyz}
    return Starlette(routes=[Route(path, endpoint) for path, endpoint in paths.items()])


@asynccontextmanager
async def serve(
    address: str, app: ASGIApp, *, stop_seconds: float = STOP_SECONDS, **options: Any
) -> AsyncIterator[int]:
    """Serves the application in this event loop and yields the port.

    Args:
        address: host:port to listen at.
        app: the application.
        stop_seconds: longest wait for requests in progress when stopping.
        options: further options of `uvicorn.Config`, such as limits.

    Raises:
        AddressInUseError: something else listens there, or nothing may.
    """
    listener = _listen(address)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=math.ceil(stop_seconds),
        **options,
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await running


class _Server(uvicorn.Server):
    """Leaves the signals to the service."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=128)
    except OSError:
        raise AddressInUseError(address) from None
