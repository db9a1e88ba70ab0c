"""Who is like whom: the probability of each persona given a recipient's attributes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dramatis.core.arrays import Floats, Mask
from dramatis.core.encoding import AttributeEncoding


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
        [R, P] probabilities; rows sum to one.
    """
    logits = encoded @ model.slopes.T + model.offsets
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def harden(memberships: Floats) -> Floats:
    """[R, P] one for the closest persona, zero for the others."""
    hard: Floats = np.eye(memberships.shape[1])[memberships.argmax(axis=1)]
    return hard


def outliers(model: MembershipModel, encoded: Floats) -> Mask:
    """[R] whether a recipient is farther from every persona than `outlier_distance`."""
    square = (encoded**2).sum(axis=1)[:, None] + (model.centroids**2).sum(axis=1)
    distance: Floats = square - 2 * encoded @ model.centroids.T
    far: Mask = distance.min(axis=1) > model.outlier_distance
    return far
