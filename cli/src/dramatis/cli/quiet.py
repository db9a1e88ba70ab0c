"""What the services' own code logs while a command uses it: only what went wrong, to stderr."""

import logging
import sys

import structlog


def configure() -> None:
    """Keeps standard output for what was asked for."""
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer(key_order=["event"])],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=lambda *names: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
