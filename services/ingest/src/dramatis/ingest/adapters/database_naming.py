"""Pseudonyms for the rows that release 0.1.0 wrote, once."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Table, select

from dramatis.ingest.adapters.tables import CONSENTS, ERASURES, EVENTS, NAMED, TIME_ZONES
from dramatis.runtime.database import Transaction
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.sql import erase_bytes

Row = dict[str, Any]


def name_all(tx: Transaction, names: Names) -> bool:
    """Events, consents and time zones get pseudonyms, where they have none yet.

    Returns:
        Whether release 0.1.0 erased anybody: its digests tell no pseudonym.
    """
    if tx.scalar(select(NAMED.c.only_row)) is None:

        def recipient(row: Row) -> Row:
            return row | {"recipient_id": names.pseudonym(row["tenant"], row["recipient_id"])}

        def event(row: Row) -> Row:
            return recipient(row) | {"event_id": names.event(row["tenant"], row["event_id"])}

        erase_bytes(tx)
        _rewrite(tx, EVENTS, event)
        _rewrite(tx, CONSENTS, recipient)
        _rewrite(tx, TIME_ZONES, recipient)
        tx.execute(NAMED.insert(), {"only_row": 1})
    return tx.scalar(select(ERASURES.c.digest).limit(1)) is not None


def _rewrite(tx: Transaction, table: Table, named: Callable[[Row], Row]) -> None:
    rows = [named(dict(row)) for row in tx.execute(select(table)).mappings()]
    if rows:
        tx.execute(table.delete())
        tx.execute(table.insert(), rows)
