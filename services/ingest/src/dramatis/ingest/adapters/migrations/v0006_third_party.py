"""What is held from third parties, of whom and until when."""

import sqlalchemy as sa

from dramatis.runtime import migration_steps
from dramatis.runtime.sql import NAME, Utc

revision = "0006"
down_revision = "0005"
compatible = True


def upgrade() -> None:
    """Makes the table."""
    migration_steps.create_partitioned(
        "third_party",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("party", NAME, primary_key=True),
        sa.Column("recipient_id", NAME, primary_key=True),
        sa.Column("sealed_id", sa.LargeBinary, nullable=False),
        sa.Column("names", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("expires", Utc, nullable=False),
        by="recipient_id",
    )
