"""Names and sentences for personas, made from what sets each apart. No statistics needed.

P personas, D encoded columns.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.attributes import AttributeKind
from dramatis.core.encoding import AttributeEncoding, EncodingKind
from dramatis.persona.domain.traits import TraitTable

MOST_WORDS: Final = 3
LEAST_DIFFERENCE: Final = 0.4
"""In standard deviations over all recipients; less is not worth a word."""
AVERAGE: Final = "average"


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a persona differs from all recipients.

    Attributes:
        attribute: its name.
        words: such as "high history", "no mens", "Rural".
        size: in standard deviations, > 0.
    """

    attribute: str
    words: str
    size: float


def differences(
    encodings: Sequence[AttributeEncoding], traits: Sequence[TraitTable], offset: Floats
) -> list[Difference]:
    """How a persona differs, strongest first, one per attribute.

    Args:
        encodings: of the D columns.
        traits: give the kinds; what nobody has any more is not among them, and tells nothing.
        offset: [D] its centroid less the mean of all, in standard deviations of all.
    """
    kinds = {trait.name: (trait.kind, trait.states) for trait in traits}
    found: dict[str, Difference] = {}
    start = 0
    for encoding in encodings:
        part = offset[start : start + len(encoding.names)]
        start += len(encoding.names)
        if encoding.attribute not in kinds:
            continue
        for words, size in _phrases(encoding, part, kinds[encoding.attribute]):
            best = found.get(encoding.attribute)
            if size >= LEAST_DIFFERENCE and (best is None or size > best.size):
                found[encoding.attribute] = Difference(encoding.attribute, words, size)
    return sorted(found.values(), key=lambda each: (-each.size, each.attribute))


def _phrases(
    encoding: AttributeEncoding, part: Floats, trait: tuple[AttributeKind, tuple[str, ...]]
) -> Iterator[tuple[str, float]]:
    name = encoding.attribute
    if encoding.missing_column:
        yield f"{name} unknown", float(part[-1])
    if encoding.kind is EncodingKind.LEVELS:
        yield from zip(encoding.levels, map(float, part), strict=False)
        return
    up = part[0] > 0
    yield _direction(name, trait, up), float(abs(part[0]))


def _direction(name: str, trait: tuple[AttributeKind, tuple[str, ...]], up: bool) -> str:
    kind, states = trait
    if kind is AttributeKind.FLAG or "yes" in states or "no" in states:
        return name if up else f"no {name}"
    if kind is AttributeKind.TIME:
        return f"late {name}" if up else f"early {name}"
    return f"high {name}" if up else f"low {name}"


def name(found: Sequence[Sequence[Difference]]) -> list[str]:
    """[P] names: as few words as tell the personas apart; numbered where nothing does."""
    chosen = [_join(each[:MOST_WORDS]) for each in found]
    for more in range(MOST_WORDS + 1, 1 + max(map(len, found), default=0)):
        often = Counter(chosen)
        chosen = [
            _join(each[:more]) if often[label] > 1 else label
            for each, label in zip(found, chosen, strict=True)
        ]
    often, seen, names = Counter(chosen), Counter[str](), []
    for label in chosen:
        seen[label] += 1
        names.append(f"{label} ({seen[label]})" if often[label] > 1 else label)
    return names


def _join(found: Sequence[Difference]) -> str:
    """What they are before what they are not."""
    told = sorted((each.words for each in found), key=lambda each: each.startswith("no "))
    return ", ".join(told) or AVERAGE


def sentence(
    share: float, at: int, found: Sequence[Difference], traits: Sequence[TraitTable], all_: Floats
) -> str:
    """What sets persona number `at` apart, with the figures behind it.

    Args:
        share: of all recipients.
        at: index of the persona.
        found: its differences.
        traits: of all personas.
        all_: [P] weights of the personas.
    """
    by_name = {trait.name: trait for trait in traits}
    facts = [_fact(each, by_name[each.attribute], at, all_) for each in found[:MOST_WORDS]]
    size = f"{100 * share:.3g} % of all recipients"
    return f"{size}: {'; '.join(facts)}." if facts else f"{size}, like the average one."


def _fact(found: Difference, trait: TraitTable, at: int, weights: Floats) -> str:
    chances = trait.probabilities
    state = found.words if found.words in trait.states else "yes"
    if found.words == f"{trait.name} unknown":
        state = "unknown"
    if state in trait.states:
        place = trait.states.index(state)
        mine, all_ = chances[at, place], weights @ chances[:, place]
        what = trait.name if state in ("yes", "unknown") else f"{trait.name} {state}"
        return f"{what}{' unknown' * (state == 'unknown')} {100 * mine:.0f} % ({100 * all_:.0f} %)"
    assert trait.mean is not None
    overall = float(np.nansum(weights * trait.mean) / weights[np.isfinite(trait.mean)].sum())
    return f"{found.words}, {trait.mean[at]:.4g} on average ({overall:.4g})"
