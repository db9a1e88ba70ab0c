"""Affinities: how the acts of a recipient are shared out over labels, fading.

Only so many labels are held. The one of least weight gives way, but stays in the total: the shares
of those that are held are right as far as they were never dropped, and sum to 1 or less.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from dramatis.core.act import Act
from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.persona.domain.features import decay
from dramatis.persona.domain.features.feature import Feature, Held, Stimuli, most_liked

MOST_LETTERS: Final = 64
"""Of a label: what is longer is cut."""
NOTHING: Final[tuple[decay.Sum, Mapping[str, float]]] = (None, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares(Feature):
    """Share of each label in the weight of the acts. Holds the total and the sums by label.

    Attributes:
        by: the field of an act that has the label, or the labels.
        most: labels that are held.
    """

    by: str
    most: int

    def update(self, held: Held, act: Act, time: float) -> Held:
        """See `Feature`."""
        weight = self.of[act.kind]
        for label in _labels(getattr(act, self.by)):
            held = self._add(held, label, weight, time)
        return held

    def _add(self, held: Held, label: str, weight: float, time: float) -> Held:
        total, sums = held or NOTHING
        added = decay.add(sums.get(label), weight, time, self.half_life)
        sums = {**sums, label: added}
        if len(sums) > self.most:
            del sums[min(sums, key=lambda each: (sums[each], each))]
        return [decay.add(total, weight, time, self.half_life), sums]

    def read(self, held: Held, time: float, stimuli: Stimuli) -> Mapping[str, float]:
        """See `Feature`."""
        total, sums = held
        return {label: decay.ratio(each, total) for label, each in sums.items()}

    def attributes(self, values: Mapping[str, float]) -> Mapping[str, Attribute]:
        """See `Feature`: the label of the greatest share."""
        return {"": Attribute(AttributeKind.CATEGORY, most_liked(values))}


@dataclass(frozen=True, slots=True, kw_only=True)
class StimulusShares(Shares):
    """Share of each word that can be said of the campaigns answered. Holds sums by campaign.

    The words are those of the campaigns as they are when it is read.

    Attributes:
        words: which attributes of a stimulus; a label is one of them, a dot and its value.
    """

    words: tuple[str, ...]

    def read(self, held: Held, time: float, stimuli: Stimuli) -> Mapping[str, float]:
        """See `Feature`."""
        shares: dict[str, float] = {}
        total, sums = held
        for campaign_id, each in sorted(sums.items()):
            said = stimuli.get(campaign_id, {})
            for label in (f"{word}.{said[word]}" for word in self.words if word in said):
                shares[label] = shares.get(label, 0.0) + decay.ratio(each, total)
        return shares

    def attributes(self, values: Mapping[str, float]) -> Mapping[str, Attribute]:
        """See `Feature`: for each word the value of the greatest share."""
        found = {}
        for word in self.words:
            mine = {k: v for k, v in values.items() if k.startswith(f"{word}.")}
            if mine:
                liked = most_liked(mine).removeprefix(f"{word}.")
                found[f".{word}"] = Attribute(AttributeKind.CATEGORY, liked)
        return found


def _labels(given: str | int | tuple[str, ...] | None) -> Iterable[str]:
    """The labels in a field, each once; none where it is unknown."""
    if isinstance(given, tuple):
        return dict.fromkeys(each[:MOST_LETTERS] for each in given if each)
    return () if given is None or given == "" else (str(given)[:MOST_LETTERS],)
