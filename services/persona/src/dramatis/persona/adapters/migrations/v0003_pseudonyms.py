"""Recipients can be found by pseudonym, and who may not be profiled is known by it alone.

`database_naming` fills in what this release alone can compute.
"""

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.sql import NAME

revision = "0003"
down_revision = "0002"
compatible = False


def upgrade() -> None:
    """Adds the columns."""
    op.add_column("recipients", sa.Column("pseudonym", NAME))
    op.create_index("recipients_by_pseudonym", "recipients", ["pseudonym"])
    op.create_table(
        "named",
        sa.Column("only_row", sa.Integer, primary_key=True, autoincrement=False),
    )
