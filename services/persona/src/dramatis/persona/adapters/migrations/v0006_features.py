"""Features of recipients, by pseudonym; they start with the events that come from now on.

The release before folds events without making any.
"""

import sqlalchemy as sa

from dramatis.runtime.migration_steps import create_partitioned
from dramatis.runtime.sql import NAME

revision = "0006"
down_revision = "0005"
compatible = False


def upgrade() -> None:
    """Makes the table."""
    create_partitioned(
        "features",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("pseudonym", NAME, primary_key=True),
        sa.Column("version", NAME, nullable=False),
        sa.Column("last_time", sa.Double, nullable=False),
        sa.Column("held", sa.Text, nullable=False),
        by="pseudonym",
    )
