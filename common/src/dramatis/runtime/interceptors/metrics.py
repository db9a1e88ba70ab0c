"""How many calls, how they ended and how long they took, under go-grpc-prometheus' names.

Existing dashboards know these names: https://github.com/grpc-ecosystem/go-grpc-prometheus
"""

import asyncio
import time
from types import TracebackType
from typing import Any

import grpc
from prometheus_client import Counter, Histogram

from dramatis.core.errors import DramatisError
from dramatis.runtime import status
from dramatis.runtime.interceptors.call import Call, Method

_METHOD = ("grpc_type", "grpc_service", "grpc_method")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

STARTED = Counter("grpc_server_started", "Calls started.", _METHOD)
HANDLED = Counter("grpc_server_handled", "Calls ended, by code.", (*_METHOD, "grpc_code"))
RECEIVED = Counter("grpc_server_msg_received", "Messages received.", _METHOD)
SENT = Counter("grpc_server_msg_sent", "Messages sent.", _METHOD)
SECONDS = Histogram(
    "grpc_server_handling_seconds", "Seconds from start to end of calls.", _METHOD, buckets=_SECONDS
)


class Metrics:
    """The metrics of one method; call it for the context manager of one call."""

    def __init__(self, method: Method) -> None:
        labels = (method.kind, method.service, method.name)
        self._labels = labels
        self._started = STARTED.labels(*labels)
        self._seconds = SECONDS.labels(*labels)
        self._handled = {grpc.StatusCode.OK: HANDLED.labels(*labels, "OK")}
        self.received = RECEIVED.labels(*labels).inc
        self.sent = SENT.labels(*labels).inc

    def __call__(self, call: Call) -> "_Timed":
        """Counts and times one call."""
        return _Timed(self, call)

    def start(self) -> None:
        """Counts a call that began."""
        self._started.inc()

    def end(self, code: grpc.StatusCode, seconds: float) -> None:
        """Counts a call that ended."""
        if code not in self._handled:
            self._handled[code] = HANDLED.labels(*self._labels, _go_name(code))
        self._handled[code].inc()
        self._seconds.observe(seconds)


class _Timed:
    __slots__ = ("_began", "_call", "_metrics")

    def __init__(self, metrics: Metrics, call: Call) -> None:
        self._metrics = metrics
        self._call = call

    def __enter__(self) -> None:
        self._metrics.start()
        self._began = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        seconds = time.perf_counter() - self._began
        self._metrics.end(_code(self._call.context, error), seconds)


def _code(context: Any, error: BaseException | None) -> grpc.StatusCode:
    """The code with which a call ends that raised this."""
    if error is None:
        return grpc.StatusCode.OK
    if isinstance(error, DramatisError):
        return status.code(error)
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return grpc.StatusCode.CANCELLED
    if isinstance(error, grpc.aio.AbortError):
        return _aborted(context)
    return grpc.StatusCode.INTERNAL


def _aborted(context: Any) -> grpc.StatusCode:
    code = context.code()
    return code if isinstance(code, grpc.StatusCode) else status.BY_NUMBER[int(code)]


def _go_name(code: grpc.StatusCode) -> str:
    """The code as Go spells it: FAILED_PRECONDITION is FailedPrecondition, but OK is OK."""
    return "OK" if code is grpc.StatusCode.OK else code.name.title().replace("_", "")
