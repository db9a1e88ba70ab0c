"""Records that can never be applied, kept for people: with the reason and where they came from."""

from collections import deque
from dataclasses import dataclass

from dramatis.core.errors import DramatisError, Invalid
from dramatis.runtime import topics
from dramatis.runtime.envelope import reasons
from dramatis.runtime.event_log import NewRecord, Record


def letter(record: Record, error: Exception, group: str) -> NewRecord:
    """The dead letter of a record: its bytes unchanged, why and from where in the headers.

    Its event id is the record's place, so that a letter written twice counts once.
    """
    if not isinstance(error, DramatisError):
        error = Invalid(f"cannot be read: {type(error).__name__}", reason="UNREADABLE")
    place = f"{group}:{record.topic}:{record.partition}:{record.offset}"
    headers = {
        **record.headers,
        **reasons(
            error, group, record.topic, record.key, record.event_id,
            place=(record.partition, record.offset),
        ),
    }  # fmt: skip
    return NewRecord(topics.DEAD_LETTERS.name, record.topic, place, record.value, headers)


@dataclass(frozen=True, slots=True)
class Limit:
    """When to stop: a bad deploy must not drain a topic into dead letters.

    Attributes:
        share: of the recent records, in (0, 1].
        least: so many dead letters are always fine.
        window: how many recent records are looked at.
    """

    share: float = 0.2
    least: int = 50
    window: int = 1000


class Meter:
    """Counts dead letters among the recent records."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._recent: deque[tuple[int, int]] = deque()
        self._records = 0
        self._dead = 0

    def update(self, records: int, dead: int) -> None:
        """Takes in one batch."""
        self._recent.append((records, dead))
        self._records += records
        self._dead += dead
        while self._records - self._recent[0][0] >= self._limit.window:
            old_records, old_dead = self._recent.popleft()
            self._records -= old_records
            self._dead -= old_dead

    @property
    def exceeded(self) -> bool:
        """Whether too many of the recent records were dead letters."""
        return self._dead > max(self._limit.least, self._limit.share * self._records)
