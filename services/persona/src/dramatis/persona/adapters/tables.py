"""What persona remembers, as tables. Those that grow with the recipients are in parts."""

from typing import Final

from sqlalchemy import (
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from dramatis.runtime import positions, seen_events
from dramatis.runtime.sql import BIG, NAME, Utc

METADATA: Final = MetaData()
positions.TABLE.to_metadata(METADATA)
seen_events.TABLE.to_metadata(METADATA)

RECIPIENTS: Final = Table(
    "recipients",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("recipient_id", NAME, primary_key=True),
    Column("known", Text, nullable=False),
    Column("pseudonym", NAME),
    Column("ends", Double),
    Index("recipients_by_pseudonym", "pseudonym"),
    Index("recipients_by_end", "ends"),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (recipient_id)",
)
"""`ends`: when the first of what is known ends to be known, seconds since 1970; null: never."""
EXPOSURES: Final = Table(
    "exposures",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("recipient_id", NAME, primary_key=True),
    Column("campaign_id", NAME, primary_key=True),
    Column("sent", Integer, nullable=False),
    Column("last_time", Double, nullable=False),
    Column("stages", Integer, nullable=False),
    Column("amount_micros", BIG, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (recipient_id)",
)
FEATURES: Final = Table(
    "features",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("pseudonym", NAME, primary_key=True),
    Column("version", NAME, nullable=False),
    Column("last_time", Double, nullable=False),
    Column("held", Text, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (pseudonym)",
)
"""What is held of recipients who may be profiled, with the version of the definitions behind it."""
UNPROFILED: Final = Table(
    "unprofiled",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("recipient_id", NAME, key="pseudonym", primary_key=True),
    Column("erased", Integer, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (recipient_id)",
)
"""Who may not be profiled; their pseudonyms are where release 0.1.0 had their ids."""
NAMED: Final = Table(
    "named",
    METADATA,
    Column("only_row", Integer, primary_key=True, autoincrement=False),
)
"""Has its one row once all rows know pseudonyms, those of release 0.1.0 too."""
CAMPAIGNS: Final = Table(
    "campaigns",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("campaign_id", NAME, primary_key=True),
    Column("record", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
FORECASTS: Final = Table(
    "forecasts",
    METADATA,
    Column("number", BIG, primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("simulation_id", NAME, nullable=False),
    Column("persona_set_id", NAME, nullable=False),
    Column("persona_id", NAME, nullable=False),
    Column("campaign_id", NAME, nullable=False),
    Column("record", LargeBinary, nullable=False),
    UniqueConstraint("tenant", "simulation_id", "persona_id", "campaign_id"),
    Index("forecasts_by_set", "tenant", "persona_set_id", "number"),
)
STANDINGS: Final = Table(
    "standings",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("snapshot_id", NAME, nullable=False),
    Column("personas", LargeBinary, nullable=False),
    Column("snapshot", LargeBinary, nullable=False),
    Column("portraits", Text, nullable=False),
    Column("token", Text, nullable=False),
    sqlite_with_rowid=False,
)
SNAPSHOT_PARTS: Final = Table(
    "snapshot_parts",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("snapshot_id", NAME, primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("number", BIG, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""Snapshots that are too large for the log, in parts; `number` counts a tenant's snapshots up."""
ANSWERS: Final = Table(
    "answers",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("method", NAME, primary_key=True),
    Column("request_id", NAME, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("answer", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("answered_at", Utc),
    Index("answers_by_time", "answered_at"),
    sqlite_with_rowid=False,
)
PERSONA_EVENTS: Final = Table(
    "persona_events",
    METADATA,
    Column("number", BIG, primary_key=True),
    Column("tenant", NAME, nullable=False),
    Column("change", Integer, nullable=False),
    Column("persona_id", NAME, nullable=False),
    Column("persona_set_id", NAME, nullable=False),
    Column("time", Utc, nullable=False),
    Column("explanation", Text, nullable=False),
    Column("before_ids", Text),
    Column("after_ids", Text),
    Index("persona_events_by_tenant", "tenant", "number"),
)
SIGNALS: Final = Table(
    "signals",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("signal_id", NAME, primary_key=True),
    Column("topic", NAME, nullable=False),
    Column("region_code", NAME, nullable=False),
    Column("score", Double),
    Column("intensity", Double, nullable=False),
    Column("signal_time", Double, nullable=False),
    Column("withdrawn", Integer, nullable=False),
    sqlite_with_rowid=False,
)
