"""Features as numbers, for the outcome models and the peers' learners; fitted on one half only."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from dramatis.cli.backtest.arrays import Floats
from dramatis.cli.backtest.ports import Cell, Recipients
from dramatis.cli.backtest.spec import Feature, FeatureType

MOST_LEVELS = 12


@dataclass(frozen=True)
class Column:
    """How one feature becomes columns.

    Attributes:
        feature: what it reads.
        levels: of categoricals, the values with a column of their own; rarer ones have none.
        typical: of numbers, the mean: stands in for missing cells.
        gaps: whether a column says that the cell is missing.
    """

    feature: Feature
    levels: tuple[str, ...] = ()
    typical: float = 0.0
    gaps: bool = False


def fit(features: Sequence[Feature], recipients: Recipients) -> tuple[Column, ...]:
    """How to encode `features`, from these recipients."""
    return tuple(_fit(f, recipients.columns[f.column]) for f in features)


def apply(columns: Sequence[Column], recipients: Recipients) -> Floats:
    """[R, D] numbers; missing cells are the mean of the fit and flagged, unseen levels all zero."""
    blocks = [block for c in columns for block in _apply(c, recipients.columns[c.feature.column])]
    return np.stack(blocks, axis=1) if blocks else np.zeros((len(recipients), 0))


def as_numbers(feature: Feature, cells: Sequence[Cell]) -> Floats:
    """[R] number of each cell, nan where missing: rank of ordinals, days of dates, 0 and 1."""
    if feature.type is FeatureType.ORDINAL:
        ranks = {value: float(i) for i, value in enumerate(feature.order)}
        return np.array([ranks.get(str(cell), np.nan) for cell in cells], np.float64)
    return np.array([_number(cell) for cell in cells], np.float64)


def _number(cell: Cell) -> float:
    if cell is None or isinstance(cell, str):
        return np.nan
    return float(cell.toordinal()) if isinstance(cell, date) else float(cell)


def _fit(feature: Feature, cells: Sequence[Cell]) -> Column:
    if feature.type is FeatureType.CATEGORICAL:
        counts = Counter(str(cell) for cell in cells if cell is not None)
        common = sorted(counts, key=lambda level: (-counts[level], level))[:MOST_LEVELS]
        return Column(feature, levels=tuple(common))
    numbers = as_numbers(feature, cells)
    known = np.isfinite(numbers)
    typical = float(numbers[known].mean()) if known.any() else 0.0
    return Column(feature, typical=typical, gaps=not known.all())


def _apply(column: Column, cells: Sequence[Cell]) -> list[Floats]:
    if column.feature.type is FeatureType.CATEGORICAL:
        return [np.array([cell == level for cell in cells], np.float64) for level in column.levels]
    numbers = as_numbers(column.feature, cells)
    filled = np.where(np.isfinite(numbers), numbers, column.typical)
    return [filled, (~np.isfinite(numbers)).astype(float)] if column.gaps else [filled]
