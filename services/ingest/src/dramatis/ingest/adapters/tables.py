"""The tables of ingest, as they are after all of `migrations`."""

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text

from dramatis.runtime import positions
from dramatis.runtime.sql import BIG, NAME, Utc, UtcText

METADATA = MetaData()

EVENTS = Table(
    "events",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("event_id", NAME, primary_key=True),
    Column("recipient_id", NAME, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BIG, nullable=False),
    Index("events_by_recipient", "tenant", "recipient_id"),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (event_id)",
)
RECENT_EVENTS = Table(
    "recent_events",
    METADATA,
    Column("number", BIG, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("events", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""In an SQLite file, batches that are not in `events` yet; see `recent_events`."""
CONSENTS = Table(
    "consents",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("recipient_id", NAME, primary_key=True),
    Column("purpose", Integer, primary_key=True, autoincrement=False),
    Column("data_type", Integer, primary_key=True, autoincrement=False),
    Column("state", Integer, nullable=False),
    Column("said_at", UtcText, nullable=False),
    Column("source", Text, nullable=False),
    Column("proof", Text, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (recipient_id)",
)
PARTY_CONSENTS = Table(
    "party_consents",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("recipient_id", NAME, primary_key=True),
    Column("purpose", Integer, primary_key=True, autoincrement=False),
    Column("third_party", NAME, primary_key=True),
    Column("state", Integer, nullable=False),
    Column("said_at", Utc, nullable=False),
    Column("source", Text, nullable=False),
    Column("proof", Text, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (recipient_id)",
)
"""What was said of one third party's data, by its name."""
TIME_ZONES = Table(
    "time_zones",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("recipient_id", NAME, primary_key=True),
    Column("time_zone", Text, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (recipient_id)",
)
ERASURES = Table(
    "erasures",
    METADATA,
    Column("digest", NAME, primary_key=True),
    Column("erased_at", UtcText, nullable=False),
    sqlite_with_rowid=False,
)
SIGNALS = Table(
    "signals",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("signal_id", NAME, primary_key=True),
    Column("seen_at", Utc),
    Index("signals_by_time", "seen_at"),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (signal_id)",
)
CAMPAIGNS = Table(
    "campaigns",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("campaign_id", NAME, primary_key=True),
    Column("version", BIG, nullable=False),
    Column("value", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
ANSWERS = Table(
    "answers",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("method", NAME, primary_key=True),
    Column("request_id", NAME, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("answered_at", Utc, nullable=False),
    Index("answers_by_time", "answered_at"),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (request_id)",
)
NOTES = Table(
    "notes",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("day", NAME, primary_key=True),
    Column("kind", NAME, primary_key=True),
    Column("rule", NAME, primary_key=True),
    Column("what", NAME, primary_key=True),
    Column("field", NAME, primary_key=True),
    # Counted apart by each process, so that they do not wait for one another.
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("items", BIG, nullable=False),
    sqlite_with_rowid=False,
)
CONNECTORS = Table(
    "connectors",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("connector", NAME, primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("held_until", Utc),
    sqlite_with_rowid=False,
)
NOTED = Table(
    "noted_signals",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("signal_id", NAME, primary_key=True),
    Column("kind", Integer, nullable=False),
    Column("topic", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("time", Utc, nullable=False),
    Column("key", NAME, nullable=False),
    Column("author", NAME, nullable=False),
    Column("told", LargeBinary, nullable=False),
    Index("noted_signals_by_key", "tenant", "key"),
    Index("noted_signals_by_author", "tenant", "author"),
    Index("noted_signals_by_time", "tenant", "time"),
    sqlite_with_rowid=False,
)
NAMED = Table(
    "named",
    METADATA,
    Column("only_row", Integer, primary_key=True, autoincrement=False),
)
"""Has its one row once all rows know recipients and events by pseudonym, old ones too."""
THIRD_PARTY = Table(
    "third_party",
    METADATA,
    Column("tenant", NAME, primary_key=True),
    Column("party", NAME, primary_key=True),
    Column("recipient_id", NAME, primary_key=True),
    Column("sealed_id", LargeBinary, nullable=False),
    Column("names", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("expires", Utc, nullable=False),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (recipient_id)",
)
positions.TABLE.to_metadata(METADATA)
