"""What the optimizer remembers, as tables. None grows with the recipients."""

from typing import Final

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from dramatis.runtime import positions
from dramatis.runtime.sql import BIG, NAME, Utc, UtcText

METADATA: Final = MetaData()
positions.TABLE.to_metadata(METADATA)
_OPEN: Final = text("state < 3")
_UNPUBLISHED: Final = text("log_token = ''")


def _of_job() -> Column[int]:
    of = ForeignKey("optimizations.number")
    return Column("number", BIG, of, primary_key=True, autoincrement=False)


PERSONA_SETS: Final = Table(
    "persona_sets",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("record", LargeBinary, nullable=False),
)
CAMPAIGNS: Final = Table(
    "campaigns",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("campaign_id", NAME, primary_key=True),
    Column("record", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
SNAPSHOTS: Final = Table(
    "snapshots",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("persona_set_id", NAME, nullable=False),
    Column("create_time", UtcText, nullable=False),
    sqlite_with_rowid=False,
)
REQUESTS: Final = Table(
    "requests",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("method", NAME, primary_key=True),
    Column("request_id", NAME, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("asked_at", Utc),
    Index("requests_by_time", "asked_at"),
    sqlite_with_rowid=False,
)
OPTIMIZATIONS: Final = Table(
    "optimizations",
    METADATA,
    Column("number", BIG, primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("optimization_id", NAME, nullable=False),
    Column("state", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("worker", NAME),
    Column("leased_until", Utc),
    Column("ended_at", Utc),
    UniqueConstraint("tenant", "optimization_id"),
    Index("optimizations_open", "number", sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("optimizations_by_end", "ended_at"),
)
PERSONAS: Final = Table(
    "optimization_personas",
    METADATA,
    Column(
        "number", BIG, ForeignKey("optimizations.number"), primary_key=True, autoincrement=False
    ),
    Column("record", LargeBinary, nullable=False),
)
OF_CAMPAIGNS: Final = Table(
    "optimization_campaigns",
    METADATA,
    Column(
        "number", BIG, ForeignKey("optimizations.number"), primary_key=True, autoincrement=False
    ),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("record", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
PLANS: Final = Table(
    "plans",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("plan_id", NAME, primary_key=True),
    Column("record", LargeBinary, nullable=False),
)
MOVES: Final = Table(
    "moves",
    METADATA,
    Column("number", BIG, primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("kind", Text, nullable=False),
    Column("plan_id", NAME, nullable=False),
    Column("follows", NAME, nullable=False),
    Column("time", UtcText, nullable=False),
    Column("log_token", Text, nullable=False, server_default=""),
    Index("moves_by_tenant", "tenant", "number"),
    Index("moves_to_publish", "number", sqlite_where=_UNPUBLISHED, postgresql_where=_UNPUBLISHED),
)
