"""What recipients say of one third party by name has a table of its own.

The release before would take what is said of one party for what is said of all.
"""

import sqlalchemy as sa

from dramatis.runtime import migration_steps
from dramatis.runtime.sql import NAME, Utc

revision = "0007"
down_revision = "0006"
compatible = False


def upgrade() -> None:
    """Makes the table."""
    migration_steps.create_partitioned(
        "party_consents",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("recipient_id", NAME, primary_key=True),
        sa.Column("purpose", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("third_party", NAME, primary_key=True),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("said_at", Utc, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("proof", sa.Text, nullable=False),
        by="recipient_id",
    )
