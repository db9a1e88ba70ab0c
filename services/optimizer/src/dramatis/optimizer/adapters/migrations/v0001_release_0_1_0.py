"""The tables of release 0.1.0."""

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.migration_steps import create_positions
from dramatis.runtime.sql import BIG, NAME, UtcText

revision = "0001"
down_revision = None
compatible = False


def upgrade() -> None:
    """Makes them."""
    create_positions()
    _of_the_log()
    _of_jobs()
    _of_plans()


def _of_the_log() -> None:
    op.create_table(
        "persona_sets",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "campaigns",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("campaign_id", NAME, primary_key=True),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "snapshots",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("persona_set_id", NAME, nullable=False),
        sa.Column("create_time", UtcText, nullable=False),
        sqlite_with_rowid=False,
    )


def _of_jobs() -> None:
    op.create_table(
        "requests",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("method", NAME, primary_key=True),
        sa.Column("request_id", NAME, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "optimizations",
        sa.Column("number", BIG, primary_key=True),
        sa.Column("tenant", NAME, nullable=False),
        sa.Column("optimization_id", NAME, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("tenant", "optimization_id"),
    )
    unfinished = sa.text("state < 3")
    op.create_index(
        "optimizations_open",
        "optimizations",
        ["number"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    op.create_table(
        "optimization_personas",
        _of_job(),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "optimization_campaigns",
        _of_job(),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


def _of_job() -> sa.Column[int]:
    of = sa.ForeignKey("optimizations.number")
    return sa.Column("number", BIG, of, primary_key=True, autoincrement=False)


def _of_plans() -> None:
    op.create_table(
        "plans",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("plan_id", NAME, primary_key=True),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "moves",
        sa.Column("number", BIG, primary_key=True),
        sa.Column("tenant", NAME, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("plan_id", NAME, nullable=False),
        sa.Column("follows", NAME, nullable=False),
        sa.Column("time", UtcText, nullable=False),
        sa.Column("log_token", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("moves_by_tenant", "moves", ["tenant", "number"])
    unpublished = sa.text("log_token = ''")
    op.create_index(
        "moves_to_publish",
        "moves",
        ["number"],
        sqlite_where=unpublished,
        postgresql_where=unpublished,
    )
