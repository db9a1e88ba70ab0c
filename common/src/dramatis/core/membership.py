"""Who is like whom: the probability of each persona given a recipient's attributes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats, Indices, Mask
from dramatis.core.encoding import AttributeEncoding

CHUNK: Final = 256
"""Recipients in work at a time."""
SAFE: Final = 600.0
"""Logits within +- this are far from what exponentials of double precision can hold."""


@dataclass(frozen=True, slots=True)
class MembershipModel:
    """Posterior of a Gaussian mixture whose components share one metric: a linear softmax.

    Attributes:
        encodings: how attributes become the D columns.
        slopes: [P, D].
        offsets: [P].
        centroids: [P, D] means of the personas in encoded space.
        outlier_distance: squared distance to the nearest centroid beyond which no persona
            explains a recipient.
    """

    encodings: Sequence[AttributeEncoding]
    slopes: Floats
    offsets: Floats
    centroids: Floats
    outlier_distance: float = np.inf


def predict(model: MembershipModel, encoded: Floats) -> Floats:
    """Membership of recipients in personas.

    Args:
        model: of P personas in D columns.
        encoded: [R, D], from `encoding.encode` with the model's encodings.

    Returns:
        [R, P] probabilities; rows sum to one. Beside them only `CHUNK` rows are in work.
    """
    slopes = np.ascontiguousarray(model.slopes.T)
    q = np.empty((len(encoded), len(model.offsets)))
    ones = np.ones(len(model.offsets))
    for rows in _chunks(len(encoded)):
        logits = np.matmul(encoded[rows], slopes, out=q[rows])
        logits += model.offsets
        if max(logits.max(), -logits.min()) > SAFE:
            logits -= logits.max(axis=1, keepdims=True)
        np.exp(logits, out=logits)
        logits *= 1 / (logits @ ones)[:, None]
    return q


def closest(model: MembershipModel, encoded: Floats) -> Indices:
    """[R] the persona of the largest membership: the argmax of `predict`, without the rest."""
    slopes = np.ascontiguousarray(model.slopes.T)
    found = np.empty(len(encoded), dtype=np.int64)
    for rows in _chunks(len(encoded)):
        logits = encoded[rows] @ slopes
        logits += model.offsets
        logits.argmax(axis=1, out=found[rows])
    return found


def harden(memberships: Floats) -> Floats:
    """[R, P] one for the closest persona, zero for the others."""
    hard: Floats = np.eye(memberships.shape[1])[memberships.argmax(axis=1)]
    return hard


def distances(model: MembershipModel, encoded: Floats) -> Floats:
    """[R] squared distance to the nearest centroid, in encoded space."""
    own = (model.centroids**2).sum(axis=1)
    nearest = np.empty(len(encoded))
    for rows in _chunks(len(encoded)):
        (own - 2 * encoded[rows] @ model.centroids.T).min(axis=1, out=nearest[rows])
    square: Floats = np.einsum("rd,rd->r", encoded, encoded)
    return nearest + square


def outliers(model: MembershipModel, encoded: Floats) -> Mask:
    """[R] whether a recipient is farther from every persona than `outlier_distance`."""
    far: Mask = distances(model, encoded) > model.outlier_distance
    return far


def _chunks(count: int) -> Iterator[slice]:
    """Yields slices of `CHUNK` rows: what is in work stays in the processor's cache."""
    for start in range(0, count, CHUNK):
        yield slice(start, start + CHUNK)
