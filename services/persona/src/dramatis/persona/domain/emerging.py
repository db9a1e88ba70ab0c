"""Recipients whom no persona explains and who are like each other: a persona that emerges.

Of those who are out of distribution, DBSCAN (M. Ester et al., 1996) keeps the ones who lie close
together. That is a persona only if there are more of them among the newcomers than the edges of
the known personas yield: chance is bounded by those who were so far out before, and by the share
of recipients that is out of distribution by definition.

R recipients, D encoded columns.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import poisson
from sklearn.cluster import DBSCAN

from dramatis.core import membership
from dramatis.core.arrays import Floats, Mask
from dramatis.core.membership import MembershipModel
from dramatis.persona.domain.clusters import OUTLIER_SHARE
from dramatis.persona.domain.moving import Anchor

LEAST: Final = 30
"""Newcomers; fewer are no persona."""
CHANCE: Final = 1e-7
"""That chance alone yields as many."""
NEIGHBOURS: Final = 5
REACH: Final = 1.2
"""Neighbours are closer than so many times the median recipient is to its persona's centroid."""
APART: Final = 25.0
"""Squared distance from the closest persona that the metric is made to show."""
MOST: Final = 4_000
"""Recipients out of distribution that are looked at, newcomers first."""


@dataclass(frozen=True, slots=True)
class Emerged:
    """A group of newcomers.

    Attributes:
        members: [R] who is of it.
        newcomers: how many came since the personas were formed.
        by_chance: how many chance would yield at most, on average.
    """

    members: Mask
    newcomers: int
    by_chance: float


def find(model: MembershipModel, x: Floats, new: Mask) -> Emerged | None:
    """The largest group that emerged, if any did.

    Args:
        model: of the personas.
        x: [R, D] encoded recipients.
        new: [R] who came or changed since they were formed.
    """
    far = np.flatnonzero(membership.outliers(model, x))
    far = far[np.argsort(new[far], kind="stable")][-MOST:]
    if np.count_nonzero(new[far]) < LEAST:
        return None
    label = DBSCAN(eps=_reach(model, x), min_samples=NEIGHBOURS).fit(x[far]).labels_
    groups = [far[label == each] for each in range(label.max() + 1)]
    found = [_judge(group, new) for group in groups]
    real = [each for each in found if each and each.newcomers > _most(each.by_chance)]
    return max(real, key=lambda each: each.newcomers, default=None)


def _judge(group: Floats, new: Mask) -> Emerged | None:
    newcomers = int(np.count_nonzero(new[group]))
    if newcomers < LEAST:
        return None
    members = np.zeros(len(new), dtype=bool)
    members[group] = True
    came, before = np.count_nonzero(new), max(np.count_nonzero(~new), 1)
    old = len(group) - newcomers
    out = (1 - OUTLIER_SHARE) * came
    return Emerged(members, newcomers, min(out, (old + 3 * np.sqrt(old) + 3) * came / before))


def _most(by_chance: float) -> float:
    return float(poisson.isf(CHANCE, by_chance))


def _reach(model: MembershipModel, x: Floats) -> float:
    """In encoded space; of some recipients where there are many."""
    some = x[:: max(len(x) // 20_000, 1)]
    return REACH * float(np.sqrt(np.median(membership.distances(model, some)))) + 1e-9


def extend(
    model: MembershipModel, held: Anchor, x: Floats, members: Mask
) -> tuple[MembershipModel, Floats]:
    """The personas with one more, and their metric [D, D].

    The metric learns the direction in which the newcomers lie: it was made for telling known
    recipients apart, and may see nothing there.
    """
    center = x[members].mean(axis=0)
    gap = center - model.centroids
    near = gap[(gap**2).sum(axis=1).argmin()]
    length = float(near @ near)
    precision = held.precision + APART * np.outer(near, near) / length**2
    share = members.mean()
    centroids = np.vstack([model.centroids, center])
    slopes = centroids @ precision
    shares = np.append(_shares(model, held) * (1 - share), share)
    offsets = np.log(shares) - 0.5 * (slopes * centroids).sum(axis=1)
    return (
        MembershipModel(model.encodings, slopes, offsets, centroids, model.outlier_distance),
        precision,
    )


def _shares(model: MembershipModel, held: Anchor) -> Floats:
    """[P] that the offsets hold."""
    logits = model.offsets + 0.5 * (model.centroids @ held.precision * model.centroids).sum(axis=1)
    raw = np.exp(logits - logits.max())
    shares: Floats = raw / raw.sum()
    return shares
