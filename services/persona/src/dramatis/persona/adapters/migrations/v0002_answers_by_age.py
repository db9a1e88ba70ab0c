"""Answers know when they were given, so that old ones can go; those here begin to age now."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.sql import Utc

revision = "0002"
down_revision = "0001"
compatible = True


def upgrade() -> None:
    """Adds the column and its index."""
    op.add_column("answers", sa.Column("answered_at", Utc))
    answers = sa.table("answers", sa.column("answered_at", Utc))
    op.execute(answers.update().values(answered_at=datetime.now(UTC)))
    op.create_index("answers_by_time", "answers", ["answered_at"])
