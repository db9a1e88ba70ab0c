"""Attributes as numbers: the same columns wherever recipients are compared."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.attributes import Value, Values

LIMIT: Final = 4.0
"""Standardised columns are cut off here, so that no outlier decides alone."""


class EncodingKind(IntEnum):
    """How an attribute becomes columns; the numbers are those of the contract."""

    LINEAR = 1
    LOGARITHMIC = 2
    LEVELS = 3


@dataclass(frozen=True, slots=True)
class AttributeEncoding:
    """The columns of one attribute.

    Attributes:
        attribute: its name.
        kind: LINEAR (x - center) / scale; LOGARITHMIC the same of sign(x) ln(1 + |x|); LEVELS one
            column per level, all 0 for a value that is none of them.
        center, scale: of the standardisation; scale > 0.
        levels: names of the levels.
        missing_column: whether a last column says that the value is missing.
    """

    attribute: str
    kind: EncodingKind
    center: float = 0.0
    scale: float = 1.0
    levels: tuple[str, ...] = ()
    missing_column: bool = False

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        if self.kind is EncodingKind.LEVELS:
            columns = [f"{self.attribute}={level}" for level in self.levels]
        else:
            columns = [self.attribute]
        return [*columns, f"{self.attribute}?"] if self.missing_column else columns


def names(encodings: Sequence[AttributeEncoding]) -> tuple[str, ...]:
    """[D] names of all columns."""
    return tuple(name for encoding in encodings for name in encoding.names)


def encode(encodings: Sequence[AttributeEncoding], rows: Sequence[Values]) -> Floats:
    """The recipients as numbers.

    Args:
        encodings: of the attributes, in the order of the columns.
        rows: R recipients' attributes; missing ones and those of another type encode as 0.

    Returns:
        [R, D] columns, each standardised one within +-`LIMIT`.

    >>> size = AttributeEncoding("size", EncodingKind.LINEAR, center=10.0, scale=2.0)
    >>> zone = AttributeEncoding("zone", EncodingKind.LEVELS, levels=("a", "b"))
    >>> encode([size, zone], [{"size": 12.0, "zone": "b"}, {"zone": "c"}]).tolist()
    [[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    """
    if not encodings:
        return np.zeros((len(rows), 0))
    blocks = [_columns(each, [row.get(each.attribute) for row in rows]) for each in encodings]
    return np.concatenate(blocks, axis=1)


def _columns(encoding: AttributeEncoding, values: Sequence[Value | None]) -> Floats:
    if encoding.kind is EncodingKind.LEVELS:
        place = {level: i for i, level in enumerate(encoding.levels)}
        at = [place.get(value, -1) if isinstance(value, str) else -1 for value in values]
        block = (np.array(at)[:, None] == np.arange(len(place))).astype(float)
        missing = np.array([not isinstance(value, str) for value in values], dtype=float)
    else:
        raw = np.array([math.nan if isinstance(v, str) or v is None else v for v in values])
        missing = np.isnan(raw).astype(float)
        block = np.nan_to_num(standardise(encoding, raw))[:, None]
    return np.hstack([block, missing[:, None]]) if encoding.missing_column else block


def standardise(encoding: AttributeEncoding, raw: Floats) -> Floats:
    """The column of a LINEAR or LOGARITHMIC attribute; nan stays nan."""
    if encoding.kind is EncodingKind.LOGARITHMIC:
        raw = np.sign(raw) * np.log1p(np.abs(raw))
    return np.clip((raw - encoding.center) / encoding.scale, -LIMIT, LIMIT)
