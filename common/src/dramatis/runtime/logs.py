"""Logs as JSON lines on stderr, for machines to collect. Ids and counts, never recipient data."""

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from dramatis.runtime import traces, tracing


def configure(service: str, level: str) -> None:
    """Sends our logs, and warnings of libraries, to stderr.

    Args:
        service: named in each line.
        level: debug, info, warning or error; less severe lines are not written.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_trace,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                traces.add_where,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # tells every attempt; we say enough
    logging.getLogger("dramatis").setLevel(level.upper())
    structlog.contextvars.bind_contextvars(service=service)


def _add_trace(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    if trace_id := tracing.trace_id():
        event["trace_id"] = trace_id
    return event
