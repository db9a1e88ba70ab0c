"""Recipients and events are known by pseudonyms; `database_naming` computes those of old rows."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
compatible = False


def upgrade() -> None:
    """Makes the table that says that it was done."""
    op.create_table(
        "named",
        sa.Column("only_row", sa.Integer, primary_key=True, autoincrement=False),
    )
