"""OpenTelemetry: spans go where the standard OTEL_ variables say, nowhere without them."""

import importlib
import importlib.util
from collections.abc import Mapping

from opentelemetry import trace

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class _State:
    exporting = False


def exporting() -> bool:
    """Whether spans are recorded in this process."""
    return _State.exporting


def configure(service: str, environ: Mapping[str, str]) -> str:
    """Sends spans to the OTLP endpoint in the environment, if there is one.

    Returns:
        What is missing, in a sentence, or nothing. Tracing never keeps a service from starting.
    """
    if not any(environ.get(name) for name in _ENDPOINTS):
        return ""
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return ""
    if not importlib.util.find_spec("opentelemetry.exporter"):
        return "an OTLP endpoint is set but dramatis-common[tracing] is not installed: no traces"
    importlib.import_module("dramatis.runtime.tracing_export").start(service)
    _State.exporting = True
    return ""


def trace_id() -> str:
    """The present trace's id in hex, empty outside of one."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""
