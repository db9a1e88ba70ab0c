"""All features of one recipient: folded from acts, read at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dramatis.core.act import Act, ActKind
from dramatis.core.attributes import Attribute, Attributes
from dramatis.persona.domain.features.declared import FEATURES
from dramatis.persona.domain.features.feature import Held, Stimuli

PREFIX: Final = "feature."
"""What the names of attributes that are features begin with."""


@dataclass(frozen=True, slots=True)
class FeatureState:
    """What is held of one recipient.

    Attributes:
        held: for each of `FEATURES`; None where it is unknown.
        first_time, last_time: of the acts that it is made of, seconds since 1970.
    """

    held: tuple[Held, ...]
    first_time: float
    last_time: float


_UNKNOWN: Final = (None,) * len(FEATURES)
_CONCERNED: Final[Mapping[ActKind, tuple[int, ...]]] = {
    kind: tuple(at for at, feature in enumerate(FEATURES) if kind in feature.of) for kind in ActKind
}


def fold(state: FeatureState | None, acts: Sequence[tuple[Act, float]]) -> FeatureState:
    """The state after these acts, one or more, and their times; whatever order they happened in."""
    if state is None:
        held, first, last = list(_UNKNOWN), float("inf"), float("-inf")
    else:
        held, first, last = list(state.held), state.first_time, state.last_time
    for act, time in acts:
        first, last = min(first, time), max(last, time)
        for at in _CONCERNED[act.kind]:
            held[at] = FEATURES[at].update(held[at], act, time)
    return FeatureState(tuple(held), first, last)


def read(state: FeatureState, time: float, stimuli: Stimuli) -> Mapping[str, Mapping[str, float]]:
    """Values by label, by the feature's name; what is unknown is left out.

    Args:
        state: what is held.
        time: as of when, seconds since 1970; before the last act, as of that act.
        stimuli: the campaigns.
    """
    time = max(time, state.last_time)
    found = {
        feature.name: feature.read(held, time, stimuli)
        for feature, held in zip(FEATURES, state.held, strict=True)
        if held is not None
    }
    return {name: values for name, values in found.items() if values}


def attributes(state: FeatureState, time: float, stimuli: Stimuli) -> Attributes:
    """The features as attributes that personas are formed from."""
    values = read(state, time, stimuli)
    named: dict[str, Attribute] = {}
    for feature in FEATURES:
        if feature.name in values:
            for end, attribute in feature.attributes(values[feature.name]).items():
                named[f"{PREFIX}{feature.name}{end}"] = attribute
    return named
