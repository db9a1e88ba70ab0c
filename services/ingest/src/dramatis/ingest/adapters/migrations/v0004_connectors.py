"""Where connectors go on, who runs them, and what they may have to take back."""

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.sql import NAME, Utc

revision = "0004"
down_revision = "0003"
compatible = True


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "connectors",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("connector", NAME, primary_key=True),
        sa.Column("cursor", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("held_until", Utc),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "noted_signals",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("signal_id", NAME, primary_key=True),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("time", Utc, nullable=False),
        sa.Column("key", NAME, nullable=False),
        sa.Column("author", NAME, nullable=False),
        sa.Column("told", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    for name in ("key", "author", "time"):
        op.create_index(f"noted_signals_by_{name}", "noted_signals", ["tenant", name])
