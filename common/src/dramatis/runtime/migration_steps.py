"""What histories of several services share. What a released revision calls never changes."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from dramatis.runtime.sql import BIG, Utc

PARTS: Final = 16


def create_partitioned(name: str, *parts: sa.Column[Any], by: str) -> None:
    """Makes a table that grows: on PostgreSQL in 16 parts by the hash of a column.

    Args:
        name: of the table.
        parts: columns.
        by: a column of the primary key with many values.
    """
    op.create_table(name, *parts, sqlite_with_rowid=False, postgresql_partition_by=f"HASH ({by})")
    if op.get_bind().dialect.name == "postgresql":
        for part in range(PARTS):
            op.execute(
                f"CREATE TABLE {name}_p{part:02} PARTITION OF {name}"
                f" FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
            )


def index_partitioned(name: str, table: str, column: str) -> None:
    """Makes an index of what `create_partitioned` made, while others write.

    PostgreSQL builds one for each part, and joins them under the name. A revision that does this
    does nothing else: broken off, it begins again.
    """
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(name, table, [column])
        return
    with outside_transaction():
        op.execute(f"DROP INDEX IF EXISTS {name}")
        op.execute(f"CREATE INDEX {name} ON ONLY {table} ({column})")
        for part in range(PARTS):
            here = f"{name}_p{part:02}"
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {here}")
            op.execute(f"CREATE INDEX CONCURRENTLY {here} ON {table}_p{part:02} ({column})")
            op.execute(f"ALTER INDEX {name} ATTACH PARTITION {here}")


def outside_transaction() -> AbstractContextManager[None]:
    """Where PostgreSQL makes an index with `postgresql_concurrently=True`: writers go on meanwhile.

    What came before in the revision is committed. SQLite goes on in its one transaction.
    """
    if op.get_bind().dialect.name == "postgresql":
        return op.get_context().autocommit_block()
    return nullcontext()


def create_positions() -> None:
    """The table of `runtime.positions`."""
    op.create_table(
        "applied_positions",
        sa.Column("consumer_group", sa.Text, primary_key=True),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("next_offset", BIG, nullable=False),
        sqlite_with_rowid=False,
    )


def create_seen_events() -> None:
    """The table of `runtime.seen_events`."""
    create_partitioned(
        "seen_events",
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("seen_at", Utc, nullable=False),
        by="event_id",
    )
    op.create_index("seen_events_by_time", "seen_events", ["seen_at"])
