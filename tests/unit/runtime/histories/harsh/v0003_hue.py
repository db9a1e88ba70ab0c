from alembic import op

revision = "0003"
down_revision = "0002"
compatible = False


def upgrade() -> None:
    op.alter_column("counts", "colour", new_column_name="hue")
