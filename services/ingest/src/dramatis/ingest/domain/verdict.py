"""What becomes of one item of a batch."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from dramatis.core.errors import DramatisError


class Outcome(IntEnum):
    """The fates of an item; the numbers are those of the contract."""

    ACCEPTED = 1
    DUPLICATE = 2
    REJECTED = 3
    QUARANTINED = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided, by which rule and why.

    Attributes:
        outcome: the fate.
        rule: name of the rule that decided, as metrics call it.
        error: why, where it was rejected or quarantined.
    """

    outcome: Outcome
    rule: str
    error: DramatisError | None = None


ACCEPTED: Final = Verdict(Outcome.ACCEPTED, "append")
DUPLICATE: Final = Verdict(Outcome.DUPLICATE, "deduplicate")


def rejected(rule: str, error: DramatisError) -> Verdict:
    """Not accepted, and why."""
    return Verdict(Outcome.REJECTED, rule, error)
