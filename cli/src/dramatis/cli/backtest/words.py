"""What sets a persona apart, in words that need no statistics."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from dramatis.cli.backtest import encode
from dramatis.cli.backtest.arrays import Floats
from dramatis.cli.backtest.ports import Cell, Recipients
from dramatis.cli.backtest.spec import Feature, FeatureType

MOST_TRAITS = 4
MOST_LEVELS = 8
LEAST_DIFFERENCE = 0.2


@dataclass(frozen=True)
class Trait:
    """One way in which a persona differs from all recipients.

    Attributes:
        feature: column, with the level after ' = ' for categoricals.
        text: such as 'history is high: 611 on average, 242 over all'.
        short: such as 'high history', for titles.
        difference: in standard deviations over all recipients.
    """

    feature: str
    text: str
    short: str
    difference: float


@dataclass(frozen=True)
class _Axis:
    """One number per recipient that personas may differ in."""

    feature: Feature
    level: str
    numbers: Floats


def describe(
    features: Sequence[Feature], recipients: Recipients, membership: Floats
) -> list[tuple[Trait, ...]]:
    """For each persona [P] its strongest differences, the strongest first.

    Args:
        features: to look at.
        recipients: [R] recipients.
        membership: [R, P] their mixtures.
    """
    axes = [axis for f in features for axis in _axes(f, recipients.columns[f.column])]
    size = membership.sum(0)
    traits: list[list[Trait]] = [[] for _ in size]
    for axis in axes:
        known = np.isfinite(axis.numbers)
        numbers = np.where(known, axis.numbers, 0.0)
        overall, spread = axis.numbers[known].mean(), axis.numbers[known].std()
        if spread < 1e-9:
            continue
        inside = membership.T @ numbers / np.maximum(membership.T @ known.astype(float), 1e-9)
        for k, mean in enumerate(inside):
            if size[k] > 0 and abs(mean - overall) / spread >= LEAST_DIFFERENCE:
                traits[k].append(_trait(axis, mean, overall, (mean - overall) / spread))
    return [_strongest(found) for found in traits]


def _strongest(found: Sequence[Trait]) -> tuple[Trait, ...]:
    """The strongest traits, one per feature column."""
    kept: dict[str, Trait] = {}
    for trait in sorted(found, key=lambda t: -abs(t.difference)):
        kept.setdefault(trait.feature.split(" = ")[0], trait)
    return tuple(kept.values())[:MOST_TRAITS]


def _axes(feature: Feature, cells: Sequence[Cell]) -> list[_Axis]:
    if feature.type is not FeatureType.CATEGORICAL:
        return [_Axis(feature, "", encode.as_numbers(feature, cells))]
    common = Counter(str(c) for c in cells if c is not None).most_common(MOST_LEVELS)
    levels = sorted(level for level, _ in common)
    return [_Axis(feature, level, np.array([c == level for c in cells], float)) for level in levels]


def _trait(axis: _Axis, mean: float, overall: float, difference: float) -> Trait:
    column, more = axis.feature.column, difference > 0
    if axis.level:
        text = f"{axis.level} {column}: {mean:.0%} of them, {overall:.0%} of all"
        return Trait(f"{column} = {axis.level}", text, _few(more, axis.level), difference)
    if axis.feature.type is FeatureType.BOOLEAN:
        text = f"{column}: {mean:.0%} of them, {overall:.0%} of all"
        return Trait(column, text, _few(more, column), difference)
    size = "high" if more else "low"
    if axis.feature.type is FeatureType.ORDINAL:
        here, there = (_level(axis.feature, m) for m in (mean, overall))
        text = f"{column} is {size}: around {here!r}, {there!r} over all"
        if here == there:
            text = f"{column} is somewhat {'higher' if more else 'lower'} than average"
        return Trait(column, text, f"{size} {column}", difference)
    if axis.feature.type is FeatureType.DATE:
        when, days = (
            "late" if more else "early",
            [date.fromordinal(int(m)) for m in (mean, overall)],
        )
        text = f"{column} is {when}: {days[0]} on average, {days[1]} over all"
        return Trait(column, text, f"{when} {column}", difference)
    text = f"{column} is {size}: {mean:,.4g} on average, {overall:,.4g} over all"
    return Trait(column, text, f"{size} {column}", difference)


def _few(more: bool, what: str) -> str:
    return what if more else f"rarely {what}"


def _level(feature: Feature, rank: float) -> str:
    return feature.order[min(max(round(rank), 0), len(feature.order) - 1)]
