"""What holds for every request at this edge: how many at once, what is counted, safe headers."""

import time
from collections.abc import Callable
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dramatis.core.errors import Unavailable
from dramatis.ingest import metrics
from dramatis.ingest.adapters.edge.errors import HeadersTooLarge, answer
from dramatis.ingest.adapters.edge.protocol import MAX_HEADER_BYTES

HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
_DOORS: Final = {"o": "open", "c": "click"}


class Gate:
    """Stands before the application.

    The application answers its own mistakes; what it raises beside was answered and logged.
    """

    def __init__(
        self, app: ASGIApp, most: int, ready: Callable[[], bool], doors: frozenset[str]
    ) -> None:
        """Takes how many requests may be in progress, and the names that metrics may show."""
        self._app = app
        self._most = most
        self._ready = ready
        self._doors = doors
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or refuses it where there are too many."""
        app = self._choose(scope)
        reply = _Reply(send, self._ready)
        begun = time.perf_counter()
        self._running += 1
        try:
            await app(scope, receive, reply)
        except Exception:  # noqa: S110 - see the class
            pass
        finally:
            self._running -= 1
            door, provider = self._door(scope["path"])
            metrics.EDGE_REQUESTS.labels(door, provider, str(reply.status)).inc()
            metrics.EDGE_SECONDS.labels(door).observe(time.perf_counter() - begun)

    def _choose(self, scope: Scope) -> ASGIApp:
        """The application, or what answers where it must not."""
        if self._running >= self._most:
            return _full
        size = sum(len(name) + len(value) for name, value in scope["headers"])
        return self._app if size <= MAX_HEADER_BYTES else _wordy

    def _door(self, path: str) -> tuple[str, str]:
        """Which door and which provider a path means; nothing that a stranger could choose."""
        first, _, rest = path.lstrip("/").partition("/")
        if first != "v1":
            return _DOORS.get(first, "other"), ""
        name, _, rest = rest.partition("/")
        provider = rest.partition("/")[0] if name == "webhooks" else ""
        return (
            name if name in self._doors else "other",
            provider if provider in self._doors else "",
        )


class _Reply:
    """Sends a response on, with what every response has."""

    def __init__(self, send: Send, ready: Callable[[], bool]) -> None:
        self._send = send
        self._ready = ready
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
            if not self._ready():  # the service stops: go elsewhere
                headers["Connection"] = "close"
        await self._send(message)


async def _wordy(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(HeadersTooLarge("the headers of this request are too large"))(scope, receive, send)


async def _full(scope: Scope, receive: Receive, send: Send) -> None:
    error = Unavailable("too many requests are in progress here", reason="TOO_MANY_REQUESTS")
    await answer(error)(scope, receive, send)
