"""What is known of a recipient may end: when the first value does is a column of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
compatible = False


def upgrade() -> None:
    """Adds the column; nothing that is there ends."""
    op.add_column("recipients", sa.Column("ends", sa.Double))
