"""What was refused or taken away, as ingest's store counts it."""

import secrets
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from sqlalchemy import delete, func, literal, select, tuple_

from dramatis.ingest.adapters.tables import NOTES
from dramatis.ingest.domain.notes import DayNote, Note
from dramatis.runtime.database import Transaction
from dramatis.runtime.prepared import Prepared
from dramatis.runtime.sql import Insert, insert

PARTS: Final = 64
"""Processes that count at the same moment meet in the same row as rarely."""
_COLUMNS: Final = [NOTES.c[each] for each in ("day", "kind", "rule", "what", "field")]


def _counted(tx: Transaction) -> Insert:
    adding = insert(tx, NOTES)
    return adding.on_conflict_do_update(
        index_elements=list(NOTES.primary_key.columns),
        set_={"items": NOTES.c["items"] + adding.excluded["items"]},
    )


_COUNTED: Final = Prepared(_counted)


@cache
def _part() -> int:
    """Which rows this process counts in."""
    return secrets.randbelow(PARTS)


def count(tx: Transaction, tenant: str, notes: Mapping[DayNote, int]) -> None:
    """Adds to the counts."""
    _COUNTED.many(
        tx,
        [
            {
                **dict(zip((each.name for each in _COLUMNS), _key(note), strict=True)),
                "tenant": tenant,
                "part": _part(),
                "items": items,
            }
            for note, items in sorted(notes.items())
        ],
    )


def listed(
    tx: Transaction, tenant: str, days: tuple[str, str], after: DayNote, most: int
) -> Sequence[tuple[DayNote, int]]:
    """See `Store`."""
    here = tuple_(*map(literal, _key(after)))
    found = (
        select(*_COLUMNS, func.sum(NOTES.c["items"]))
        .where(
            NOTES.c.tenant == tenant,
            NOTES.c.day >= days[0],
            NOTES.c.day <= days[1],
            tuple_(*_COLUMNS) > here,
        )
        .group_by(*_COLUMNS)
        .order_by(*_COLUMNS)
        .limit(most)
    )
    return [(DayNote(day, Note(*note)), int(items)) for day, *note, items in tx.execute(found)]


def forget(tx: Transaction, before: str) -> int:
    """See `Store`."""
    return tx.execute(delete(NOTES).where(NOTES.c.day < before)).rowcount


def _key(note: DayNote) -> tuple[str, str, str, str, str]:
    return note.day, note.note.kind, note.note.rule, note.note.what, note.note.field
