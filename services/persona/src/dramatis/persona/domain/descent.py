"""What became of personas when they were formed anew: who split, who merged, where each lives on.

R recipients, O personas before, P personas now. Memberships are hard: with soft ones two personas
that lie close together would share members with each other and, in part, not with themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats, Mask

PART: Final = 0.25
"""Of a persona's members: fewer are no part of it that is worth telling of."""
MOST: Final = 0.5
"""A child has at least this share of its members from its parent, or gives them to its heir."""


@dataclass(frozen=True, slots=True)
class Descent:
    """How the personas of one set became those of the next.

    Attributes:
        splits: old persona -> those now that it became, two or more, largest part first.
        merges: persona now -> the old ones that it came of, two or more, largest part first.
        heirs: [O] the persona now that most members of each old one are in.
    """

    splits: Mapping[int, Sequence[int]]
    merges: Mapping[int, Sequence[int]]
    heirs: Sequence[int]


def trace(old: Floats, new: Floats) -> Descent:
    """The descent, from the same recipients' memberships.

    A persona split if two or more of those now took `PART` of its members each and have `MOST` of
    theirs from it; it was merged with others if they gave `MOST` of their members to one now, and
    each makes up `PART` of that. An old persona without members lives on in the largest one.

    Args:
        old: [R, O] hard memberships before.
        new: [R, P] hard memberships now, largest persona first.

    >>> old, new = np.eye(2)[[0, 0, 1, 1]], np.eye(3)[[0, 2, 1, 1]]
    >>> trace(old, new).splits, trace(old, new).heirs
    ({0: [0, 2]}, [0, 1])
    >>> trace(new, old).merges
    {0: [0, 2]}
    """
    shared = new.T @ old
    given = shared / np.maximum(old.sum(axis=0), 1.0)
    taken = shared / np.maximum(new.sum(axis=0)[:, None], 1.0)
    return Descent(
        splits=_several((given >= PART) & (taken >= MOST), shared),
        merges=_several(((given >= MOST) & (taken >= PART)).T, shared.T),
        heirs=[int(each) for each in shared.argmax(axis=0)],
    )


def _several(related: Mask, shared: Floats) -> dict[int, list[int]]:
    """By column the rows related to it, where there are two or more; those sharing most first."""
    found = {}
    for column in range(related.shape[1]):
        rows = np.flatnonzero(related[:, column])
        if len(rows) > 1:
            found[column] = rows[np.argsort(-shared[rows, column], kind="stable")].tolist()
    return found
