"""What was refused or taken away is counted by day."""

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.sql import BIG, NAME

revision = "0003"
down_revision = "0002"
compatible = True


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "notes",
        *(
            sa.Column(name, NAME, primary_key=True)
            for name in ("tenant", "day", "kind", "rule", "what", "field")
        ),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("items", BIG, nullable=False),
        sqlite_with_rowid=False,
    )
