"""The doors of the edge, as one application."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from dramatis.core.errors import DramatisError
from dramatis.ingest import metrics
from dramatis.ingest.adapters.edge import errors, tracking
from dramatis.ingest.adapters.edge.body import BodyLimits
from dramatis.ingest.adapters.edge.gate import Gate
from dramatis.ingest.adapters.edge.keys import WriteKeys
from dramatis.ingest.adapters.edge.links import Links
from dramatis.ingest.adapters.edge.places import Places
from dramatis.ingest.adapters.edge.protocol import MAX_HEADER_BYTES, ImpatientProtocol
from dramatis.ingest.adapters.edge.signatures import BadSignature
from dramatis.ingest.adapters.edge.spool import Spool
from dramatis.ingest.adapters.edge.tracking import Tracking
from dramatis.ingest.adapters.edge.webhooks import Hooks, Webhooks
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.links import LinkKeys

SCRIPT: Final = "dramatis.js"
PROVIDERS: Final = frozenset({"sendgrid", "mailgun", "ses", "postmark"})
_CALLS: Final = (*tracking.CALLS, *tracking.SHORT)
_DOORS: Final = frozenset({*_CALLS, "batch", "b", "webhooks", SCRIPT})


@dataclass(frozen=True, slots=True)
class Edge:
    """What the edge is told.

    Attributes:
        write_keys: who may use the tracking API.
        hooks: which ESPs may tell us something.
        link_keys: whose links are good.
        tracking_limits, webhook_limits: of bodies.
        max_requests: in progress at once, of all tenants.
        max_requests_per_tenant: likewise, of one.
    """

    write_keys: WriteKeys
    hooks: Hooks
    link_keys: LinkKeys
    tracking_limits: BodyLimits = field(default_factory=lambda: BodyLimits(500_000, 10.0))
    webhook_limits: BodyLimits = field(default_factory=lambda: BodyLimits(2_000_000, 10.0))
    max_requests: int = 256
    max_requests_per_tenant: int = 128


def build(edge: Edge, world: World, spool: Spool, ready: Callable[[], bool]) -> ASGIApp:
    """The application; `ready` says whether the service serves, or is about to stop."""
    places = Places(edge.max_requests_per_tenant)
    track = Tracking(world, edge.write_keys, edge.tracking_limits, places)
    hooks = Webhooks(world, edge.hooks, edge.webhook_limits, places)
    links = Links(edge.link_keys, spool, world.clock)
    routes: list[BaseRoute] = [
        Route("/v1/batch", track.batch, methods=["POST"]),
        Route("/v1/b", track.batch, methods=["POST"]),
        *(Route(f"/v1/{each}", track.one, methods=["POST"]) for each in _CALLS),
        Route("/v1/webhooks/{provider}/{tenant}", hooks.__call__, methods=["POST"]),
        Route(f"/v1/{SCRIPT}", _script()),
        Route("/o/{token}.gif", links.pixel),
        Route("/c/{token}", links.redirect),
    ]
    cors = Middleware(
        CORSMiddleware, allow_origins=sorted(edge.write_keys.origins), allow_methods=["POST"],
        allow_headers=["authorization", "content-type"], max_age=86_400,
    )  # fmt: skip
    app = Starlette(routes=routes, middleware=[cors], exception_handlers=_HANDLERS)
    return Gate(app, edge.max_requests, ready, _DOORS | PROVIDERS)


def server_options(edge: Edge) -> dict[str, Any]:
    """What uvicorn is told: connections are few, their headers small and quick."""
    return {
        "http": ImpatientProtocol,
        "h11_max_incomplete_event_size": MAX_HEADER_BYTES,
        "limit_concurrency": 4 * edge.max_requests,
        "server_header": False,
        "timeout_keep_alive": 5,
    }


def _script() -> Callable[[Request], Any]:
    source = resources.files(__package__).joinpath(SCRIPT).read_text()
    written = "\n".join(line.strip() for line in source.splitlines())
    headers = {"Cache-Control": "public, max-age=3600"}

    async def script(request: Request) -> Response:
        return Response(written, media_type="text/javascript", headers=headers)

    return script


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for no other"
    reason = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "HTTP")
    said = {"reason": reason, "message": error.detail}
    return JSONResponse({"error": said}, error.status_code, error.headers)


async def _forged(request: Request, error: Exception) -> Response:
    metrics.BAD_SIGNATURES.labels(request.path_params["provider"]).inc()
    return errors.refuse(request, error)


async def _dramatis(request: Request, error: Exception) -> Response:
    return errors.refuse(request, error)


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it


async def _ours(request: Request, error: Exception) -> Response:
    return errors.incident(error)


_HANDLERS: Final[dict[Any, Any]] = {
    BadSignature: _forged,
    DramatisError: _dramatis,
    HTTPException: _http,
    ClientDisconnect: _gone,
    Exception: _ours,
}
