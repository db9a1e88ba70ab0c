"""Personas as clusters: k-means in the response metric, read as a mixture with soft membership.

R recipients, D encoded columns, P personas, Z dimensions of the metric.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.cluster import KMeans

from dramatis.core.arrays import Floats, Indices

SOFTNESS: Final = 0.3
"""Multiplies the variance within clusters: 1 is the mixture as it is, near 0 is hard."""
SAMPLE: Final = 20_000
"""Recipients that k-means looks at."""
RESTARTS: Final = 3
OUTLIER_SHARE: Final = 0.999
"""Known recipients who are not out of distribution."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """Linear softmax membership: softmax(x slopes^T + offsets), largest cluster first.

    Attributes:
        slopes: [P, D].
        offsets: [P].
        centroids: [P, D].
        precision: [D, D] of the metric, divided by the variance: slopes = centroids precision.
        outlier_distance: squared distance that `OUTLIER_SHARE` of the recipients stay within.
    """

    slopes: Floats
    offsets: Floats
    centroids: Floats
    precision: Floats
    outlier_distance: float


def choose_count(successes: float, campaigns: int, per_cell: float = 100.0) -> int:
    """As many as leave about 100 first responses per persona and campaign; 16 to 64.

    >>> choose_count(10_000, 4), choose_count(50, 4)
    (25, 16)
    """
    return int(np.clip(round(successes / (max(campaigns, 1) * per_cell)), 16, 64))


def fit(x: Floats, metric: Floats, count: int, seed: int) -> Clusters:
    """Clusters of the recipients.

    Args:
        x: [R, D] encoded recipients, R >= 1.
        metric: [D, Z].
        count: how many at most; fewer where the recipients are fewer, or alike.
        seed: of the search.
    """
    z = x @ metric
    some = z[np.random.default_rng(seed).permutation(len(z))[:SAMPLE]]
    count = min(count, len(np.unique(some.round(9), axis=0)))
    found = KMeans(count, n_init=RESTARTS, random_state=seed % 2**32).fit(some)
    label = found.predict(z).astype(np.int64)
    size = np.bincount(label, minlength=count)
    order = np.lexsort((np.arange(count), -size))
    order = order[size[order] > 0]
    centroids = _means(x, label, count)[order]
    precision = metric @ metric.T / _within(z, found.cluster_centers_[label])
    slopes = centroids @ precision
    return Clusters(
        slopes=slopes,
        offsets=-0.5 * (slopes * centroids).sum(axis=1) + np.log(size[order] / size.sum()),
        centroids=centroids,
        precision=precision,
        outlier_distance=_far(x, centroids),
    )


def _means(points: Floats, label: Indices, count: int) -> Floats:
    """[count, ...] mean of the points of each label; 0 where there are none."""
    sums = [np.bincount(label, column, count) for column in points.T]
    size = np.maximum(np.bincount(label, minlength=count), 1)
    return np.stack(sums, axis=1) / size[:, None]


def _within(z: Floats, center: Floats) -> float:
    """Variance within clusters per dimension that the recipients really use."""
    head = z[:2000] - z[:2000].mean(axis=0)
    used = max(int(np.linalg.matrix_rank(head)), 1)
    square = float(((z - center) ** 2).sum(axis=1).mean())
    return max(SOFTNESS * square / used, 1e-9)


def _far(x: Floats, centroids: Floats) -> float:
    """The distance that says that no persona explains a recipient; a hair above the quantile."""
    square = (x**2).sum(axis=1)[:, None] + (centroids**2).sum(axis=1) - 2 * x @ centroids.T
    return float(np.quantile(square.min(axis=1), OUTLIER_SHARE)) + 1e-6
