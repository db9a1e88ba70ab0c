"""Snapshots that are too large for the log are kept in parts, to be fetched.

The release before cannot load a standing whose snapshot is in parts.
"""

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.sql import BIG, NAME

revision = "0008"
down_revision = "0007"
compatible = False


def upgrade() -> None:
    """Makes their table."""
    op.create_table(
        "snapshot_parts",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("snapshot_id", NAME, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
