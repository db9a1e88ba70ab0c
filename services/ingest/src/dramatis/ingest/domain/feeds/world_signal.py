"""A signal of the world, before it is written as the contract says."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final


class SignalKind(IntEnum):
    """Where a signal comes from; the numbers are those of the contract."""

    SOCIAL = 1
    NEWS = 2


@dataclass(frozen=True, slots=True)
class Sentiment:
    """How something was said.

    Attributes:
        supported: False where the language is not understood; the score then means nothing.
        score: -1 (bad) to 1 (good).
    """

    supported: bool
    score: float = 0.0


UNSUPPORTED: Final = Sentiment(supported=False)


@dataclass(frozen=True, slots=True)
class WorldSignal:
    """Something that was said, about one topic.

    Attributes:
        withdraws: the signal that this one takes back; empty for a signal that adds.
        others: as `dramatis.api.common.v1.Signal` has them.
    """

    signal_id: str
    kind: SignalKind
    topic: str
    time: datetime
    source: str
    entities: Sequence[str] = ()
    region_code: str = ""
    language_code: str = ""
    sentiment: Sentiment = UNSUPPORTED
    intensity: float = 0.0
    withdraws: str = ""


def withdrawal_id(of: str) -> str:
    """The id of the signal that takes another back."""
    return f"{of}-withdrawn"


def digest(*parts: str) -> str:
    """32 hexadecimal digits for texts that may be long, and need not be readable."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:32]


def intensity(weight: float, reactions: int, half: int = 100) -> float:
    """How strong a signal is, [0, 1]: weight + (1 - weight) * r / (r + half).

    Args:
        weight: of an item that nobody reacted to, [0, 1].
        reactions: r, answers, shares and likes.
        half: at so many reactions it is halfway between the weight and 1.

    >>> intensity(0.2, 0), round(intensity(0.2, 100), 3)
    (0.2, 0.6)
    """
    reactions = max(reactions, 0)
    return weight + (1 - weight) * reactions / (reactions + half)
