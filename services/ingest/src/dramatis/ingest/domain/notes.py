"""What admission refused or took away: counts by rule, for auditors. Never whose."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from dramatis.ingest.domain.verdict import Verdict

_NAMED = re.compile(r"\b(attributes|properties)\..+")
_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One way in which something was refused, or made less.

    Attributes:
        kind: event, recipient, statement or signal.
        rule: which decided.
        what: the reason of a refusal such as "PROFILING_DENIED", or what became of a field:
            "dropped", "hashed", "cut".
        field: its path in the contract, without the names and places that callers choose.
    """

    kind: str
    rule: str
    what: str
    field: str = ""


@dataclass(frozen=True, slots=True, order=True)
class DayNote:
    """A note and its day in UTC, such as "2026-05-01"."""

    day: str
    note: Note


FIRST: Final = DayNote("", Note("", "", ""))
"""Before all of them."""


@dataclass(slots=True)
class Notes:
    """The notes of a batch, counted."""

    counts: "Counter[Note]" = field(default_factory=Counter)

    def add(self, kind: str, rule: str, what: str, path: str = "") -> None:
        """Counts one more."""
        self.counts[Note(kind, rule, what, general(path))] += 1


def of_the_day(
    kind: str, verdicts: Iterable[Verdict], notes: Notes, now: datetime
) -> Mapping[DayNote, int]:
    """What to remember of a batch: its notes, and the reasons of what was refused or set aside."""
    refused = Notes(Counter(notes.counts))
    for verdict in verdicts:
        if verdict.error is not None:
            path = verdict.error.metadata.get("field", "")
            refused.add(kind, verdict.rule, verdict.error.reason, path)
    day = now.astimezone(UTC).date().isoformat()
    return {DayNote(day, note): count for note, count in refused.counts.items()}


@lru_cache(maxsize=1_000)
def general(path: str) -> str:
    """A path without names and places.

    >>> general("events[3].recipient_updated.attributes.age.number")
    'events[].recipient_updated.attributes.*'
    """
    return _INDEX.sub("[]", _NAMED.sub(r"\1.*", path))
