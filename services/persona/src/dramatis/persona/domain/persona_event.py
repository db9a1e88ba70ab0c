"""What can happen to personas, and the record of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Change(IntEnum):
    """What can happen to a persona; the numbers are those of the contract."""

    BORN = 1
    SPLIT = 2
    MERGED = 3
    FADED = 4


@dataclass(frozen=True, slots=True)
class PersonaEvent:
    """Something happened to personas in a set.

    Attributes:
        change: what.
        before: ids of the personas that it happened to; none where one was born.
        after: ids of the personas that came of it; none where one faded.
        persona_set_id: the first set in which it is so.
        time: when.
        explanation: why, in a sentence.
    """

    change: Change
    before: tuple[str, ...]
    after: tuple[str, ...]
    persona_set_id: str
    time: datetime
    explanation: str

    @property
    def whose(self) -> str:
        """The persona that this happens to at most once in a set."""
        return (self.before if self.change in (Change.SPLIT, Change.FADED) else self.after)[0]

    @property
    def event_id(self) -> str:
        """Unique within the tenant."""
        return f"{self.persona_set_id}-{self.whose}-{self.change.name.lower()}"
