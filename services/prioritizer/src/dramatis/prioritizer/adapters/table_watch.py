"""What operators hear of the tables: how old they are, and which could not be made."""

import structlog

from dramatis.prioritizer import metrics
from dramatis.prioritizer.app.world import Drafts

_logger = structlog.get_logger(__name__)


class TableWatch:
    """Counts and times tables as they are made; complains once of each tenant until it is well."""

    def __init__(self) -> None:
        self._failing: set[str] = set()
        self._made: dict[str, float] = {}

    def __call__(self, drafts: Drafts) -> None:
        """Takes note of tables that were made, or could not be."""
        for tenant, error in drafts.failures.items():
            metrics.FAILED_TABLES.inc()
            if tenant not in self._failing:
                _logger.error(
                    "tables cannot be made, the former go on", tenant=tenant,
                    error=type(error).__name__, message=str(error),
                )  # fmt: skip
        self._failing = (self._failing | drafts.failures.keys()) - drafts.tables.keys()
        self._made.update(
            {tenant: made.create_time.timestamp() for tenant, made in drafts.tables.items()}
        )
        if self._made:
            metrics.SNAPSHOT_TIME.set(min(self._made.values()))
