"""Which events a store has taken in: what came twice has one effect.

Add `TABLE` to the store's metadata and `migration_steps.create_seen_events` to its history, call
`first` in the transaction of the effect.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, Index, MetaData, Table, Text, delete, literal, select, true

from dramatis.runtime.database import Transaction
from dramatis.runtime.sql import Utc, insert, values
from dramatis.runtime.tidying import PORTION

TABLE = Table(
    "seen_events",
    MetaData(),
    Column("event_id", Text, primary_key=True),
    Column("seen_at", Utc, nullable=False),
    Index("seen_events_by_time", "seen_at"),
    sqlite_with_rowid=False,
    postgresql_partition_by="HASH (event_id)",
)


def first(tx: Transaction, event_ids: Sequence[str], now: datetime) -> set[str]:
    """The ids that were never seen before; from now on they were."""
    wanted = values(event_ids)
    fresh = select(wanted.c.value, literal(now, Utc)).distinct().where(true())
    statement = insert(tx, TABLE).from_select(["event_id", "seen_at"], fresh)
    return set(tx.scalars(statement.on_conflict_do_nothing().returning(TABLE.c.event_id)))


def forget(tx: Transaction, before: datetime, most: int = PORTION) -> int:
    """Drops what was seen earlier than that, so many at most, and returns how many.

    What is dropped counts again when it comes again.
    """
    old = select(TABLE.c.event_id).where(TABLE.c.seen_at < before).limit(most)
    return tx.execute(delete(TABLE).where(TABLE.c.event_id.in_(old))).rowcount
