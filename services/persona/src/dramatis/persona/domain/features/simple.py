"""Features of one number: since when, how often, how much, how glad."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dramatis.core.act import Act, ActKind
from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.core.campaign import MICROS
from dramatis.persona.domain.features import decay
from dramatis.persona.domain.features.feature import SINGLE, Feature, Held, Stimuli

MOST_MICROS: Final = 2**62
"""Paid, and paid back: impossible orders end here, and what is read is an amount in micros."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recency(Feature):
    """Days since the newest act. Holds its time."""

    def update(self, held: Held, act: Act, time: float) -> Held:
        """See `Feature`."""
        return time if held is None or time > held else held

    def read(self, held: Held, time: float, stimuli: Stimuli) -> Mapping[str, float]:
        """See `Feature`."""
        return {SINGLE: (time - held) / decay.DAY_SECONDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Feature):
    """How many acts there ever were. Holds the number."""

    def update(self, held: Held, act: Act, time: float) -> Held:
        """See `Feature`."""
        return (held or 0) + 1

    def read(self, held: Held, time: float, stimuli: Stimuli) -> Mapping[str, float]:
        """See `Feature`."""
        return {SINGLE: float(held)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency(Feature):
    """Acts by weight, fading. Holds the sum."""

    def update(self, held: Held, act: Act, time: float) -> Held:
        """See `Feature`."""
        return decay.add(held, self.of[act.kind], time, self.half_life)

    def read(self, held: Held, time: float, stimuli: Stimuli) -> Mapping[str, float]:
        """See `Feature`."""
        return {SINGLE: decay.value(held, time, self.half_life)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend(Feature):
    """What was paid less what was paid back, in currency units.

    Fading, what was paid back is taken off in proportion: it is not known of which order it is, and
    taken off at its own time it would weigh more than the order that it cancels. Holds the fading
    sum of what was paid, and in micros what was ever paid and paid back.
    """

    def update(self, held: Held, act: Act, time: float) -> Held:
        """See `Feature`."""
        paid, total, back = held or (None, 0, 0)
        micros = act.amount_micros
        if act.kind is ActKind.REFUNDED:
            return [paid, total, min(back + micros, MOST_MICROS)]
        if self.half_life_days is not None:
            paid = decay.add(paid, micros / MICROS, time, self.half_life)
        return [paid, min(total + micros, MOST_MICROS), back]

    def read(self, held: Held, time: float, stimuli: Stimuli) -> Mapping[str, float]:
        """See `Feature`."""
        paid, total, back = held
        if self.half_life_days is None:
            return {SINGLE: (total - back) / MICROS}
        if paid is None:
            return {SINGLE: 0.0}
        left = min(decay.value(paid, time, self.half_life), MOST_MICROS / MICROS)
        return {SINGLE: left * max(0.0, 1.0 - back / total)}

    def attributes(self, values: Mapping[str, float]) -> Mapping[str, Attribute]:
        """See `Feature`."""
        return {"": Attribute(AttributeKind.AMOUNT, values[SINGLE])}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood(Feature):
    """Mean of the sentiments that are known, fading. Holds their weight and its part above -1."""

    def update(self, held: Held, act: Act, time: float) -> Held:
        """See `Feature`."""
        if act.sentiment is None:
            return held
        weight, glad = held or (None, None)
        share = (1.0 + act.sentiment) / 2.0
        return [
            decay.add(weight, 1.0, time, self.half_life),
            decay.add(glad, share, time, self.half_life),
        ]

    def read(self, held: Held, time: float, stimuli: Stimuli) -> Mapping[str, float]:
        """See `Feature`."""
        weight, glad = held
        return {SINGLE: 2.0 * decay.ratio(glad, weight) - 1.0}
