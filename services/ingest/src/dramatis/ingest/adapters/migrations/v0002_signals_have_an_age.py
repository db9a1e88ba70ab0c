"""Signals say when they were accepted, so that old ones can be forgotten."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.sql import Utc

revision = "0002"
down_revision = "0001"
compatible = True


def upgrade() -> None:
    """Adds the time; signals that are there count as accepted now."""
    op.add_column("signals", sa.Column("seen_at", Utc))
    signals = sa.table("signals", sa.column("seen_at", Utc))
    op.execute(signals.update().values(seen_at=datetime.now(UTC)))
    op.create_index("signals_by_time", "signals", ["seen_at"])
