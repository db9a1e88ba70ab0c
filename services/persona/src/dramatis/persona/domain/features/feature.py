"""What every feature is: declared once, updated by acts, read at a time.

What a feature holds of a recipient is made of numbers, texts, lists and dicts of texts, so that a
store can keep it as JSON; None is unknown. An update changes nothing that it was given.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from dramatis.core.act import Act, ActKind
from dramatis.core.attributes import Attribute, AttributeKind

Held: TypeAlias = Any
"""What is held of one recipient for one feature."""
Stimuli: TypeAlias = Mapping[str, Mapping[str, str]]
"""What can be said of each campaign in single words."""
SINGLE: Final = ""
"""The label of a feature's only value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature(ABC):
    """One feature.

    Attributes:
        name: in snake case, unique.
        unit: of its values.
        sentence: what it says, for people.
        of: the acts that it is made of, and what each of them weighs.
        half_life_days: after which an act counts half; None: acts never fade.
    """

    name: str
    unit: str
    sentence: str
    of: Mapping[ActKind, float]
    half_life_days: float | None = None

    @property
    def half_life(self) -> float:
        """Of a feature that fades, in days."""
        assert self.half_life_days is not None, f"{self.name} has no half-life"
        return self.half_life_days

    @abstractmethod
    def update(self, held: Held, act: Act, time: float) -> Held:
        """What is held after one more act of `of`, at a time in seconds since 1970."""

    @abstractmethod
    def read(self, held: Held, time: float, stimuli: Stimuli) -> Mapping[str, float]:
        """Values by label at a time not before any act; what is unknown is left out.

        `held` is never None.
        """

    def attributes(self, values: Mapping[str, float]) -> Mapping[str, Attribute]:
        """Attributes that personas can be formed from, by the end of their names."""
        return {
            f".{label}" if label else "": Attribute(AttributeKind.NUMBER, value)
            for label, value in values.items()
        }


def most_liked(values: Mapping[str, float]) -> str:
    """The label of the greatest value; of equals the first by name."""
    return min(values, key=lambda label: (-values[label], label))
