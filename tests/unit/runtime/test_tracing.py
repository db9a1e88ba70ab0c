from typing import Any

import pytest

from dramatis.core.errors import Invalid
from dramatis.runtime.interceptors.call import Call, Method
from dramatis.runtime.interceptors.tracing import Tracing

METHOD = Method("test.Echo", "Say", "unary", public=False)
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Context:
    def __init__(self, **metadata: str) -> None:
        self._metadata = tuple(metadata.items())

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return self._metadata


def call(**metadata: str) -> Call:
    context: Any = Context(**metadata)
    return Call(METHOD, context)


def test_without_a_callers_span_or_an_exporter_there_is_none() -> None:
    with Tracing(METHOD)(call()) as span:
        assert span is None


def test_a_span_says_the_kind_of_an_error_but_not_its_words() -> None:
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    export = pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    provider, kept = sdk.TracerProvider(), memory.InMemorySpanExporter()
    provider.add_span_processor(export.SimpleSpanProcessor(kept))
    tracing = Tracing(METHOD)
    tracing._tracer = provider.get_tracer("test")
    with pytest.raises(Invalid), tracing(call(traceparent=PARENT)):
        raise Invalid("recipient r1 is wrong")
    [span] = kept.get_finished_spans()
    assert span.status.description == "Invalid"
    assert "r1" not in span.to_json()
