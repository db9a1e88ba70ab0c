"""Batches of events that were accepted last, before they are sorted into the table of all.

The release before looks for events in the table of all only: it would take those for new.
"""

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.sql import BIG

revision = "0008"
down_revision = "0007"
compatible = False


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "recent_events",
        sa.Column("number", BIG, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("events", sa.Text, nullable=False),
        sqlite_autoincrement=True,  # a number that was dropped is never given again
    )
