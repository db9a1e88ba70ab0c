"""Which events a store has taken in: what came twice has one effect.

Put `SCHEMA` into the store's migrations, call `first` in the transaction of the effect.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from dramatis.runtime.sqlite import Transaction

SCHEMA = """
CREATE TABLE seen_events (
    event_id TEXT NOT NULL PRIMARY KEY,
    seen_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX seen_events_by_time ON seen_events (seen_at);
"""


def first(tx: Transaction, event_ids: Sequence[str], now: datetime) -> set[str]:
    """The ids that were never seen before; from now on they were."""
    rows = tx.execute(
        "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT event_id FROM seen_events)",
        (json.dumps(event_ids),),
    )
    fresh = {event_id for (event_id,) in rows}
    seen_at = now.timestamp()
    tx.executemany(
        "INSERT OR IGNORE INTO seen_events VALUES (?, ?)", [(each, seen_at) for each in fresh]
    )
    return fresh


def forget(tx: Transaction, before: datetime) -> int:
    """Drops what was seen earlier than that and returns how many; older repeats count again."""
    return tx.execute("DELETE FROM seen_events WHERE seen_at < ?", (before.timestamp(),)).rowcount
