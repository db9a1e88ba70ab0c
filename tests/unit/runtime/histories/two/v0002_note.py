import sqlalchemy as sa
from alembic import op

from dramatis.runtime.migration_steps import outside_transaction

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("counts", sa.Column("note", sa.Text))
    with outside_transaction():
        op.create_index("numbered_by_time", "numbered", ["time"], postgresql_concurrently=True)
