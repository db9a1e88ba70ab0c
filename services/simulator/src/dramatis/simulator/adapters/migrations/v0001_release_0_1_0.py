"""The tables of release 0.1.0."""

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.migration_steps import create_partitioned, create_positions
from dramatis.runtime.sql import BIG, NAME, UtcText

revision = "0001"
down_revision = None
compatible = False


def upgrade() -> None:
    """Makes them."""
    create_positions()
    _of_the_log()
    _of_jobs()
    _of_results()


def _of_the_log() -> None:
    op.create_table(
        "persona_sets",
        sa.Column("number", BIG, primary_key=True),
        sa.Column("tenant", NAME, nullable=False),
        sa.Column("persona_set_id", NAME, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("tenant", "persona_set_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "campaigns",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("campaign_id", NAME, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )


def _of_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("number", BIG, primary_key=True),
        sa.Column("tenant", NAME, nullable=False),
        sa.Column("simulation_id", NAME, nullable=False),
        sa.Column("persona_set_id", NAME, nullable=False),
        sa.Column("spec", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("create_time", UtcText, nullable=False),
        sa.Column("end_time", UtcText),
        sa.Column("progress", sa.Double().with_variant(sa.REAL(), "sqlite"), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("publishing", sa.Integer, nullable=False),
        sa.Column("error", sa.LargeBinary),
        sa.Column("engine_version", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("agent_steps", BIG, nullable=False),
        sa.UniqueConstraint("tenant", "simulation_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("jobs_by_state", "jobs", ["state", "number"])


def _of_job() -> sa.Column[int]:
    of = sa.ForeignKey("jobs.number")
    return sa.Column("number", BIG, of, primary_key=True, autoincrement=False)


def _of_results() -> None:
    op.create_table(
        "inputs",
        _of_job(),
        sa.Column("personas", sa.LargeBinary, nullable=False),
        sa.Column("campaigns", sa.Text, nullable=False),
    )
    create_partitioned(
        "forecasts",
        _of_job(),
        sa.Column("persona_id", NAME, primary_key=True),
        sa.Column("campaign_id", NAME, primary_key=True),
        sa.Column("record", sa.LargeBinary, nullable=False),
        by="number",
    )
    op.create_table(
        "answers",
        sa.Column("tenant", NAME, primary_key=True),
        sa.Column("method", NAME, primary_key=True),
        sa.Column("request_id", NAME, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
