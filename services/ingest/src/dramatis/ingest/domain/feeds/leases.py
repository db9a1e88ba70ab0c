"""When two processes run one connector."""

from dramatis.core.errors import Conflict
from dramatis.ingest.domain.feeds.connector import Name


def lost(name: Name) -> Conflict:
    """Another process took the connector over."""
    return Conflict(
        f"another process runs the connector {name.connector!r} by now", reason="LEASE_LOST"
    )
