"""Root secret, data keys, ledger of erasures."""

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.migration_steps import create_partitioned
from dramatis.runtime.sql import BIG, Utc

revision = "0001"
down_revision = None
compatible = False


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "root",
        sa.Column("only_row", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
    )
    create_partitioned(
        "data_keys",
        sa.Column("pseudonym", sa.Text, primary_key=True),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        by="pseudonym",
    )
    op.create_table(
        "erasures",
        sa.Column("number", BIG, primary_key=True, autoincrement=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("pseudonym", sa.Text, nullable=False, unique=True),
        sa.Column("erased_at", Utc, nullable=False),
    )
