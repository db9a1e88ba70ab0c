"""How far each consumer group has applied the log, kept in the store that holds the effect.

Put `SCHEMA` into the store's migrations, `save` the position in the transaction of the effect.
"""

from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sqlite import Transaction

SCHEMA = """
CREATE TABLE applied_positions (
    consumer_group TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
) WITHOUT ROWID;
"""


def load(tx: Transaction, group: str) -> LogToken:
    """What the group has applied."""
    rows = tx.execute(
        "SELECT topic, partition, next_offset FROM applied_positions WHERE consumer_group = ?",
        (group,),
    )
    return LogToken({(topic, partition): end for topic, partition, end in rows})


def save(tx: Transaction, group: str, position: LogToken) -> None:
    """Moves the group forward, never back."""
    tx.executemany(
        "INSERT INTO applied_positions VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET next_offset = max(next_offset, excluded.next_offset)",
        [(group, *place) for place in position],
    )
