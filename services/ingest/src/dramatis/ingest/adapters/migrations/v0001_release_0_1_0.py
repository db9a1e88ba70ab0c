"""What release 0.1.0 made."""

import sqlalchemy as sa
from alembic import op

from dramatis.runtime import migration_steps
from dramatis.runtime.sql import BIG, NAME, Utc, UtcText

revision = "0001"
down_revision = None
compatible = False


def upgrade() -> None:
    """Makes all tables."""
    _make_what_grows()
    op.create_table(
        "erasures",
        sa.Column("digest", NAME, primary_key=True),
        sa.Column("erased_at", UtcText, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "campaigns",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("campaign_id", NAME, primary_key=True),
        sa.Column("version", BIG, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    migration_steps.create_positions()


def _make_what_grows() -> None:
    migration_steps.create_partitioned(
        "events",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("event_id", NAME, primary_key=True),
        sa.Column("recipient_id", NAME, nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("offset", BIG, nullable=False),
        by="event_id",
    )
    op.create_index("events_by_recipient", "events", ["tenant", "recipient_id"])
    migration_steps.create_partitioned(
        "consents",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("recipient_id", NAME, primary_key=True),
        sa.Column("purpose", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("data_type", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("said_at", UtcText, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("proof", sa.Text, nullable=False),
        by="recipient_id",
    )
    migration_steps.create_partitioned(
        "time_zones",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("recipient_id", NAME, primary_key=True),
        sa.Column("time_zone", sa.Text, nullable=False),
        by="recipient_id",
    )
    migration_steps.create_partitioned(
        "signals",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("signal_id", NAME, primary_key=True),
        by="signal_id",
    )
    migration_steps.create_partitioned(
        "answers",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("method", NAME, primary_key=True),
        sa.Column("request_id", NAME, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("answered_at", Utc, nullable=False),
        by="request_id",
    )
    op.create_index("answers_by_time", "answers", ["answered_at"])
