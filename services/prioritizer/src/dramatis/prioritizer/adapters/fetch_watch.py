"""What operators hear of large snapshots: how many are awaited, and why they do not come."""

import structlog

from dramatis.core.errors import DramatisError
from dramatis.prioritizer import metrics
from dramatis.prioritizer.app.fetch import Fetched

_logger = structlog.get_logger(__name__)


def watch_fetches(how: Fetched | None, awaited: int, error: DramatisError | None) -> None:
    """Takes note of an attempt to fetch a snapshot."""
    metrics.AWAITED.set(awaited)
    if how is not None:
        metrics.FETCHES.labels(how).inc()
    if error is not None:
        _logger.warning(
            "snapshot not fetched, the one before goes on", reason=error.reason, message=str(error)
        )
