"""A span around the call, child of the caller's. Free where nobody traces."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry import propagate, trace

from dramatis.runtime import tracing
from dramatis.runtime.interceptors.call import Call, Method

_NOTHING: AbstractContextManager[object] = nullcontext()


class Tracing:
    """The spans of one method; call it for the context manager of one call."""

    def __init__(self, method: Method) -> None:
        self._name = f"{method.service}/{method.name}"
        self._tracer = trace.get_tracer("dramatis")
        self._attributes = {
            "rpc.system": "grpc",
            "rpc.service": method.service,
            "rpc.method": method.name,
        }

    def __call__(self, call: Call) -> AbstractContextManager[object]:
        """The call's span; without an exporter only the caller's trace id, for the logs."""
        parent = call.metadata("traceparent")
        if not parent and not tracing.exporting():
            return _NOTHING
        return self._span(parent)

    @contextmanager
    def _span(self, parent: str) -> Iterator[None]:
        """Of an error the span says the kind, not the words: they may hold recipient data."""
        with self._tracer.start_as_current_span(
            self._name,
            context=propagate.extract({"traceparent": parent}),
            kind=trace.SpanKind.SERVER,
            attributes=self._attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception as error:
                span.set_status(trace.StatusCode.ERROR, type(error).__name__)
                raise
