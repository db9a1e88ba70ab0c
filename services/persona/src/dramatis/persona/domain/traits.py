"""What the members of each persona are like: a count per state of every trait, never a fact.

R recipients, P personas, S states of a trait.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats, Indices
from dramatis.core.attributes import Attribute, AttributeKind, Attributes
from dramatis.persona.domain.encodings import MOST_LEVELS, SHARED, kind_of

UNKNOWN: Final = "unknown"
OTHER: Final = "other"
QUARTERS: Final = (
    "[0, 0.25) quantile", "[0.25, 0.5) quantile", "[0.5, 0.75) quantile", "[0.75, 1] quantile",
)  # fmt: skip
PRIOR_COUNT: Final = 1.0
"""Recipients like the average one that a persona starts with."""


@dataclass(frozen=True, slots=True)
class TraitTable:
    """One attribute over all personas.

    Attributes:
        name: of the attribute.
        kind: of the attribute.
        states: [S]; `UNKNOWN` among them where some lack the attribute.
        counts: [P, S] Dirichlet counts: members by membership, and `PRIOR_COUNT` of the average.
        mean: [P] of the members where the attribute is a number, nan where none is known.
        deviation: [P] standard deviation over the members.
    """

    name: str
    kind: AttributeKind
    states: tuple[str, ...]
    counts: Floats
    mean: Floats | None = None
    deviation: Floats | None = None

    @property
    def probabilities(self) -> Floats:
        """[P, S] rows sum to one."""
        shares: Floats = self.counts / self.counts.sum(axis=1, keepdims=True)
        return shares


def tabulate(rows: Sequence[Attributes], memberships: Floats) -> tuple[TraitTable, ...]:
    """The traits, by name.

    Args:
        rows: R recipients' attributes.
        memberships: [R, P].
    """
    names = sorted({name for row in rows for name in row})
    return tuple(_table(name, [row.get(name) for row in rows], memberships) for name in names)


def _table(name: str, column: Sequence[Attribute | None], memberships: Floats) -> TraitTable:
    kind = kind_of([each for each in column if each is not None])
    states, place = _states(kind, column)
    counts = np.stack([memberships[place == at].sum(axis=0) for at in range(len(states))], axis=1)
    total = counts.sum(axis=0)
    counts = counts + PRIOR_COUNT * total / total.sum()
    if kind is AttributeKind.CATEGORY:
        return TraitTable(name, kind, states, counts)
    mean, deviation = _moments(_numbers(kind, column), memberships)
    return TraitTable(name, kind, states, counts, mean, deviation)


def _states(
    kind: AttributeKind, column: Sequence[Attribute | None]
) -> tuple[tuple[str, ...], Indices]:
    """The states and [R] the index of each recipient's own."""
    labels = _labels(kind, column)
    counts = Counter(labels)
    order = [state for state in QUARTERS if state in counts] or sorted(counts)
    states = tuple([s for s in order if s != UNKNOWN] + [UNKNOWN] * (UNKNOWN in counts))
    where = {state: at for at, state in enumerate(states)}
    return states, np.array([where[label] for label in labels])


def place(rows: Sequence[Attributes], name: str, states: tuple[str, ...]) -> Indices:
    """[R] where each recipient's state stands among a table's states; -1 where it does not."""
    column = [row.get(name) for row in rows]
    known = [each for each in column if each is not None]
    where = {state: at for at, state in enumerate(states)}
    lost = where.get(OTHER, where.get(UNKNOWN, -1))
    labels = _labels(kind_of(known), column) if known else [UNKNOWN] * len(column)
    return np.array([where.get(label, lost) for label in labels], dtype=np.int64)


def _labels(kind: AttributeKind, column: Sequence[Attribute | None]) -> list[str]:
    if kind is AttributeKind.CATEGORY:
        levels = [str(a.value) if a and a.kind is kind else UNKNOWN for a in column]
        often = Counter(level for level in levels if level != UNKNOWN)
        shared = [level for level in often if often[level] >= SHARED]
        keep = sorted(shared, key=lambda level: (-often[level], level))[:MOST_LEVELS]
        kept = {*keep, UNKNOWN}
        return [level if level in kept else OTHER for level in levels]
    numbers = _numbers(kind, column)
    known = numbers[np.isfinite(numbers)]
    if kind is AttributeKind.FLAG or set(known) <= {0.0, 1.0}:
        return [UNKNOWN if np.isnan(v) else "yes" if v else "no" for v in numbers]
    edges = np.quantile(known, [0.25, 0.5, 0.75])
    quarters = np.searchsorted(edges, numbers, side="right")
    return [UNKNOWN if np.isnan(v) else QUARTERS[q] for v, q in zip(numbers, quarters, strict=True)]


def _numbers(kind: AttributeKind, column: Sequence[Attribute | None]) -> Floats:
    return np.array([float(a.value) if a and a.kind is kind else np.nan for a in column])


def _moments(numbers: Floats, memberships: Floats) -> tuple[Floats, Floats]:
    """[P] means and standard deviations over the members whose number is known."""
    known = np.isfinite(numbers)
    q, x = memberships[known], numbers[known]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = q.T @ x / q.sum(axis=0)
        square = q.T @ x**2 / q.sum(axis=0)
    deviation: Floats = np.sqrt(np.maximum(square - mean**2, 0.0))
    return mean, deviation
