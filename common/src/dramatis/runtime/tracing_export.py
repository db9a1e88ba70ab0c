"""The OpenTelemetry SDK at work; imported only where traces are wanted and it is installed."""

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def start(service: str) -> None:
    """Sends this process's spans to the OTLP endpoint that the OTEL_ variables name."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"dramatis-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
