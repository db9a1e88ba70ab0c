"""How a tenant's attributes become columns, learned from the recipients.

The kind decides, nothing is guessed: amounts are compared on a log scale, categories by level,
all else as it is.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from dramatis.core.attributes import Attribute, AttributeKind, Attributes
from dramatis.core.encoding import AttributeEncoding, EncodingKind

MOST_LEVELS: Final = 12
"""Levels of a category that get a column of their own."""
RARE: Final = 0.01
"""Levels below this share get no column; missing values above it do."""
SHARED: Final = 5
"""A level that fewer recipients share is never shown: it could tell who they are."""
ID_SHARE: Final = 0.5
"""A category with more levels than this share of the recipients is an id: it tells nothing."""


def fit(rows: Sequence[Attributes]) -> tuple[AttributeEncoding, ...]:
    """Encodings of the attributes that tell recipients apart, by name.

    An attribute of several kinds is read as the most frequent one (the first by name, of equals).

    >>> flag = Attribute(AttributeKind.FLAG, 1.0), Attribute(AttributeKind.FLAG, 0.0)
    >>> fit([{"new": flag[0]}, {"new": flag[1]}])[0].center
    0.5
    """
    held: dict[str, list[Attribute]] = {}
    for row in rows:
        for name, attribute in row.items():
            held.setdefault(name, []).append(attribute)
    fitted = (_fit(name, held[name], len(rows)) for name in sorted(held))
    return tuple(encoding for encoding in fitted if encoding is not None)


def kind_of(attributes: Sequence[Attribute]) -> AttributeKind:
    """The kind of most of them."""
    counts = Counter(attribute.kind for attribute in attributes)
    return min(counts, key=lambda kind: (-counts[kind], kind))


def _fit(name: str, held: Sequence[Attribute], recipients: int) -> AttributeEncoding | None:
    kind = kind_of(held)
    values = [attribute.value for attribute in held if attribute.kind is kind]
    missing = 1 - len(values) / recipients > RARE
    if kind is AttributeKind.CATEGORY:
        return _levels(name, list(map(str, values)), recipients, missing)
    return _number(name, kind, np.array(values, dtype=float), missing)


def _number(
    name: str, kind: AttributeKind, values: np.ndarray, missing: bool
) -> AttributeEncoding | None:
    skewed = kind is AttributeKind.AMOUNT
    if skewed:
        values = np.sign(values) * np.log1p(np.abs(values))
    values = np.sort(values)
    with np.errstate(over="ignore", invalid="ignore"):
        center, scale = float(values.mean()), float(values.std())
    if scale < 1e-9 or not math.isfinite(scale):
        return None
    form = EncodingKind.LOGARITHMIC if skewed else EncodingKind.LINEAR
    return AttributeEncoding(name, form, center, scale, missing_column=missing)


def _levels(
    name: str, values: Sequence[str], recipients: int, missing: bool
) -> AttributeEncoding | None:
    counts = Counter(values)
    is_id = len(counts) > max(MOST_LEVELS, ID_SHARE * recipients)
    often = sorted(counts, key=lambda level: (-counts[level], level))[:MOST_LEVELS]
    keep = tuple(level for level in often if counts[level] >= max(RARE * recipients, SHARED))
    if is_id or not keep or (len(counts) < 2 and not missing):
        return None
    return AttributeEncoding(name, EncodingKind.LEVELS, levels=keep, missing_column=missing)
