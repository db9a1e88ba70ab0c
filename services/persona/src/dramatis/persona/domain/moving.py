"""Personas that move with the stream between two formings, their identity kept.

One mini-batch step of k-means from where they were formed: each centroid moves as the mean of its
members does, each share as the share of all members. The step starts from the forming, not from
the last step, so that it is a function of who is known now: it does not matter how often it was
taken, and a service that was killed ends where an undisturbed one does.

R recipients, P personas, D encoded columns.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from dramatis.core import membership
from dramatis.core.arrays import Floats
from dramatis.core.membership import MembershipModel

STEADY: Final = 10.0
"""Members that a centroid is worth beside those who move it."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where the personas were formed.

    Attributes:
        centroids: [P, D].
        offsets: [P] of the membership model.
        precision: [D, D] of the metric that the personas share: slopes = centroids precision.
        means: [P, D] of the members then.
        shares: [P] of the members then.
        newest: when the last of the recipients was seen then, seconds since 1970.
    """

    centroids: Floats
    offsets: Floats
    precision: Floats
    means: Floats
    shares: Floats
    newest: float = 0.0


def fade(seen: Floats, half_life_days: float) -> Floats:
    """[R] weights that halve with the whole days since each was seen, back from the newest.

    Whole days, so that those who came at one time weigh the same, however long that took.

    >>> fade(np.array([86400.0, 0.0]), 1.0).tolist()
    [1.0, 0.5]
    """
    age_days = np.floor((seen.max(initial=0.0) - seen) / 86_400.0)
    weights: Floats = 0.5 ** (age_days / half_life_days)
    return weights


def anchor(
    model: MembershipModel, precision: Floats, x: Floats, weights: Floats, newest: float
) -> Anchor:
    """The anchor of personas that were formed just now.

    Args:
        model: of the P personas.
        precision: [D, D].
        x: [R, D] encoded recipients.
        weights: [R] of the recipients.
        newest: see `Anchor`.
    """
    means, shares = _moments(model, x, weights)
    return Anchor(model.centroids, model.offsets, precision, means, shares, newest)


def move(model: MembershipModel, held: Anchor, x: Floats, weights: Floats) -> MembershipModel:
    """The model after one step; the very same where the recipients are those it was formed of."""
    start = replace(
        model,
        centroids=held.centroids,
        offsets=held.offsets,
        slopes=held.centroids @ held.precision,
    )
    means, shares = _moments(start, x, weights)
    mass = shares * weights.sum()
    step = (mass / (mass + STEADY))[:, None] * (means - held.means)
    centroids = held.centroids + step
    slopes = centroids @ held.precision
    grown = (slopes * centroids - start.slopes * held.centroids).sum(axis=1)
    offsets = held.offsets - 0.5 * grown + np.log(shares / held.shares)
    return replace(model, slopes=slopes, offsets=offsets, centroids=centroids)


def _moments(model: MembershipModel, x: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """[P, D] means of the members and [P] their shares, each a little above 0."""
    q = membership.predict(model, x) * weights[:, None]
    mass = q.sum(axis=0)
    means = np.where(mass[:, None] > 0, q.T @ x / np.maximum(mass, 1e-12)[:, None], model.centroids)
    shares = mass + 1e-9 / len(mass)
    return means, shares / shares.sum()
