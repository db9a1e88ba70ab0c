"""Which new persona is an old one: identities survive when the personas are formed anew."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from dramatis.core.arrays import Floats

SAME: Final = 0.5
"""Shared members over all members of either, from which on two personas are the same one."""


def match(old: Floats, new: Floats) -> list[int | None]:
    """For each new persona the old one that it continues.

    The pairs are those that share most members in all (Jaccard, summed; Hungarian method), so an
    old persona is continued at most once.

    Args:
        old: [R, O] memberships of the same recipients before.
        new: [R, P] memberships now.

    >>> match(np.eye(3), np.eye(3)[:, [2, 0]])
    [2, 0]
    """
    shared = new.T @ old
    either = new.sum(axis=0)[:, None] + old.sum(axis=0) - shared
    likeness = shared / np.maximum(either, 1e-12)
    rows, columns = linear_sum_assignment(-likeness)
    pairs = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    return [
        pairs[at] if at in pairs and likeness[at, pairs[at]] >= SAME else None
        for at in range(new.shape[1])
    ]


def identify(
    matched: Sequence[int | None], old_ids: Sequence[str], serial: int
) -> tuple[tuple[str, ...], int]:
    """Ids of the new personas, and the serial number of the last one ever given.

    >>> identify([1, None], ["p1", "p2"], 2)
    (('p2', 'p3'), 3)
    """
    ids = []
    for before in matched:
        if before is None:
            serial += 1
        ids.append(f"p{serial}" if before is None else old_ids[before])
    return tuple(ids), serial
