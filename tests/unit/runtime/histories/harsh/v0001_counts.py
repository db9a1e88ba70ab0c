import sqlalchemy as sa
from alembic import op

from dramatis.runtime import migration_steps

revision = "0001"
down_revision = None


def upgrade() -> None:
    migration_steps.create_partitioned(
        "counts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Integer, nullable=False, server_default="0"),
        by="name",
    )
    op.create_table(
        "numbered",
        sa.Column("number", migration_steps.BIG, primary_key=True),
        sa.Column("time", migration_steps.Utc, nullable=False),
    )
    migration_steps.create_positions()
    migration_steps.create_seen_events()
