"""A running job says whose it is, so that several processes share the work; old ones can go."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.sql import NAME, Utc

revision = "0002"
down_revision = "0001"
compatible = True


def upgrade() -> None:
    """Adds columns and their indexes; answers that are here begin to age now."""
    op.add_column("jobs", sa.Column("worker", NAME))
    op.add_column("jobs", sa.Column("leased_until", Utc))
    op.create_index("jobs_by_end", "jobs", ["end_time"])
    op.add_column("answers", sa.Column("answered_at", Utc))
    answers = sa.table("answers", sa.column("answered_at", Utc))
    op.execute(answers.update().values(answered_at=datetime.now(UTC)))
    op.create_index("answers_by_time", "answers", ["answered_at"])
