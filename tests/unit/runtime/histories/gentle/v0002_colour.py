import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
compatible = True


def upgrade() -> None:
    op.add_column("counts", sa.Column("colour", sa.Text))
