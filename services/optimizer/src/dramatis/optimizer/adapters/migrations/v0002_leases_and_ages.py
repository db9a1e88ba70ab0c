"""A running job says whose it is, so that several processes share the work; old ones can go."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.sql import NAME, Utc

revision = "0002"
down_revision = "0001"
compatible = True


def upgrade() -> None:
    """Adds columns and their indexes; what is here begins to age now."""
    now = datetime.now(UTC)
    op.add_column("optimizations", sa.Column("worker", NAME))
    op.add_column("optimizations", sa.Column("leased_until", Utc))
    op.add_column("optimizations", sa.Column("ended_at", Utc))
    jobs = sa.table("optimizations", sa.column("state", sa.Integer), sa.column("ended_at", Utc))
    op.execute(jobs.update().where(jobs.c.state >= 3).values(ended_at=now))
    op.create_index("optimizations_by_end", "optimizations", ["ended_at"])
    op.add_column("requests", sa.Column("asked_at", Utc))
    requests = sa.table("requests", sa.column("asked_at", Utc))
    op.execute(requests.update().values(asked_at=now))
    op.create_index("requests_by_time", "requests", ["asked_at"])
