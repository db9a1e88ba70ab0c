"""How far each consumer group has applied the log, kept in the store that holds the effect.

Add `TABLE` to the store's metadata and `migration_steps.create_positions` to its history, `save`
the position in the transaction of the effect.
"""

from sqlalchemy import Column, Integer, MetaData, Table, Text, select

from dramatis.runtime.database import Transaction
from dramatis.runtime.event_log import Overtaken
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sql import BIG, upsert

TABLE = Table(
    "applied_positions",
    MetaData(),
    Column("consumer_group", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BIG, nullable=False),
    sqlite_with_rowid=False,
)


def load(tx: Transaction, group: str) -> LogToken:
    """What the group has applied."""
    at = TABLE.c
    found = tx.execute(
        select(at.topic, at.partition, at.next_offset).where(at.consumer_group == group)
    )
    return LogToken({(topic, partition): end for topic, partition, end in found})


def save(tx: Transaction, group: str, position: LogToken) -> None:
    """Moves the group forward.

    Raises:
        Overtaken: another member of the group has applied more; nothing may be saved.
    """
    held = load(tx, group)
    for topic, partition, end in position:
        if held.next_offset(topic, partition) > end:
            raise Overtaken(f"another is further in partition {partition} of {topic}")
    if moved := [place for place in position if held.next_offset(*place[:2]) < place[2]]:
        names = ("topic", "partition", "next_offset")
        rows = [{"consumer_group": group, **dict(zip(names, at, strict=True))} for at in moved]
        tx.execute(upsert(tx, TABLE), rows)
