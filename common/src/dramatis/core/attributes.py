"""What is known of a recipient, by attribute; what is unknown is left out, never zero."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from dramatis.core.errors import Invalid

Value: TypeAlias = float | str
"""A category is a string; all else a float: amounts in currency units, flags 0 or 1, times in days
since 1970."""

Values: TypeAlias = Mapping[str, Value]
"""One recipient's attributes by name."""


class AttributeKind(StrEnum):
    """How a value is to be understood."""

    NUMBER = "number"
    AMOUNT = "amount"
    RANK = "rank"
    FLAG = "flag"
    CATEGORY = "category"
    TIME = "time"
    AFFINITY = "affinity"


@dataclass(frozen=True, slots=True)
class Attribute:
    """A value and its kind.

    Raises:
        Invalid: the value does not fit the kind, or is not finite.
    """

    kind: AttributeKind
    value: Value

    def __post_init__(self) -> None:
        if (self.kind is AttributeKind.CATEGORY) != isinstance(self.value, str):
            raise Invalid(f"{self.value!r} is no {self.kind}")
        if isinstance(self.value, float) and not math.isfinite(self.value):
            raise Invalid(f"{self.kind} {self.value} is not finite")
        if self.kind is AttributeKind.AFFINITY and not 0 <= float(self.value) <= 1:
            raise Invalid(f"an affinity is in [0, 1], got {self.value}")


Attributes: TypeAlias = Mapping[str, Attribute]
"""One recipient's attributes by name, with kinds."""
