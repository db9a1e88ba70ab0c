"""The tables of release 0.1.0."""

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.migration_steps import (
    create_partitioned,
    create_positions,
    create_seen_events,
)
from dramatis.runtime.sql import BIG, NAME, Utc

revision = "0001"
down_revision = None
compatible = False


def upgrade() -> None:
    """Makes them."""
    create_positions()
    create_seen_events()
    _of_recipients()
    _of_campaigns()
    _of_publications()


def _of_recipients() -> None:
    create_partitioned(
        "recipients",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("recipient_id", NAME, primary_key=True),
        sa.Column("known", sa.Text, nullable=False),
        by="recipient_id",
    )
    create_partitioned(
        "exposures",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("recipient_id", NAME, primary_key=True),
        sa.Column("campaign_id", NAME, primary_key=True),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("last_time", sa.Double, nullable=False),
        sa.Column("stages", sa.Integer, nullable=False),
        sa.Column("amount_micros", BIG, nullable=False),
        by="recipient_id",
    )
    create_partitioned(
        "unprofiled",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("recipient_id", NAME, primary_key=True),
        sa.Column("erased", sa.Integer, nullable=False),
        by="recipient_id",
    )


def _of_campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("campaign_id", NAME, primary_key=True),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "forecasts",
        sa.Column("number", BIG, primary_key=True),
        sa.Column("tenant", NAME, nullable=False),
        sa.Column("simulation_id", NAME, nullable=False),
        sa.Column("persona_set_id", NAME, nullable=False),
        sa.Column("persona_id", NAME, nullable=False),
        sa.Column("campaign_id", NAME, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("tenant", "simulation_id", "persona_id", "campaign_id"),
    )
    op.create_index("forecasts_by_set", "forecasts", ["tenant", "persona_set_id", "number"])


def _of_publications() -> None:
    op.create_table(
        "standings",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("snapshot_id", NAME, nullable=False),
        sa.Column("personas", sa.LargeBinary, nullable=False),
        sa.Column("snapshot", sa.LargeBinary, nullable=False),
        sa.Column("portraits", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "answers",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("method", NAME, primary_key=True),
        sa.Column("request_id", NAME, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "persona_events",
        sa.Column("number", BIG, primary_key=True),
        sa.Column("tenant", NAME, nullable=False),
        sa.Column("change", sa.Integer, nullable=False),
        sa.Column("persona_id", NAME, nullable=False),
        sa.Column("persona_set_id", NAME, nullable=False),
        sa.Column("time", Utc, nullable=False),
        sa.Column("explanation", sa.Text, nullable=False),
    )
    op.create_index("persona_events_by_tenant", "persona_events", ["tenant", "number"])
