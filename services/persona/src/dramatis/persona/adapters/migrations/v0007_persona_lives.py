"""Events of personas tell who was before and who after; signals of the world are remembered."""

import json

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.sql import NAME

revision = "0007"
down_revision = "0006"
compatible = False

BORN = 1


def upgrade() -> None:
    """Tells of each event who was before and who after; makes the new table."""
    op.add_column("persona_events", sa.Column("before_ids", sa.Text))
    op.add_column("persona_events", sa.Column("after_ids", sa.Text))
    _tell()
    op.create_table(
        "signals",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("signal_id", NAME, primary_key=True),
        sa.Column("topic", NAME, nullable=False),
        sa.Column("region_code", NAME, nullable=False),
        sa.Column("score", sa.Double),
        sa.Column("intensity", sa.Double, nullable=False),
        sa.Column("signal_time", sa.Double, nullable=False),
        sa.Column("withdrawn", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )


def _tell() -> None:
    names = ("number", "change", "persona_id", "before_ids", "after_ids")
    events = sa.table("persona_events", *map(sa.column, names))
    old = sa.select(events.c.number, events.c.change, events.c.persona_id)
    for number, change, persona_id in op.get_bind().execute(old).all():
        whose, nobody = json.dumps([persona_id]), "[]"
        before, after = (nobody, whose) if change == BORN else (whose, nobody)
        told = events.update().where(events.c.number == number)
        op.execute(told.values(before_ids=before, after_ids=after))
