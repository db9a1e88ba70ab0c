"""What the simulator remembers, as tables. Forecasts, which grow with every job, are in parts."""

from typing import Final

from sqlalchemy import (
    REAL,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from dramatis.runtime import positions
from dramatis.runtime.sql import BIG, NAME, Utc, UtcText

METADATA: Final = MetaData()
positions.TABLE.to_metadata(METADATA)

PERSONA_SETS: Final = Table(
    "persona_sets",
    METADATA,
    Column("number", BIG, primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("persona_set_id", NAME, nullable=False),
    Column("record", LargeBinary, nullable=False),
    UniqueConstraint("tenant", "persona_set_id"),
    sqlite_autoincrement=True,
)
CAMPAIGNS: Final = Table(
    "campaigns",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("campaign_id", NAME, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
JOBS: Final = Table(
    "jobs",
    METADATA,
    Column("number", BIG, primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("simulation_id", NAME, nullable=False),
    Column("persona_set_id", NAME, nullable=False),
    Column("spec", LargeBinary, nullable=False),
    Column("state", Integer, nullable=False),
    Column("create_time", UtcText, nullable=False),
    Column("end_time", UtcText),
    Column("progress", Double().with_variant(REAL(), "sqlite"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("publishing", Integer, nullable=False),
    Column("error", LargeBinary),
    Column("engine_version", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("agent_steps", BIG, nullable=False),
    Column("worker", NAME),
    Column("leased_until", Utc),
    UniqueConstraint("tenant", "simulation_id"),
    Index("jobs_by_state", "state", "number"),
    Index("jobs_by_end", "end_time"),
    sqlite_autoincrement=True,
)
INPUTS: Final = Table(
    "inputs",
    METADATA,
    Column("number", BIG, ForeignKey("jobs.number"), primary_key=True, autoincrement=False),
    Column("personas", LargeBinary, nullable=False),
    Column("campaigns", Text, nullable=False),
)
FORECASTS: Final = Table(
    "forecasts",
    METADATA,
    Column("number", BIG, ForeignKey("jobs.number"), primary_key=True, autoincrement=False),
    Column("persona_id", NAME, primary_key=True),
    Column("campaign_id", NAME, primary_key=True),
    Column("record", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (number)",
)
ANSWERS: Final = Table(
    "answers",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("method", NAME, primary_key=True),
    Column("request_id", NAME, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("answered_at", Utc),
    Index("answers_by_time", "answered_at"),
    sqlite_with_rowid=False,
)
