"""The metric in which recipients are alike who respond alike.

Plain k-means groups recipients by who they are. What personas can earn depends on how they
respond, so distance is measured along the directions in which response changes: its mean over
campaigns and the differences between campaigns, each estimated by ridge regression. A small part
of the plain distance keeps the rest of what is known.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats, Indices

PLAIN: Final = 0.1
"""Weight of the plain distance beside that of response."""


def fit(
    x: Floats, campaign: Indices, campaigns: int, outcomes: Sequence[Floats], plain: float = PLAIN
) -> Floats:
    """The map L from encoded columns into the space where k-means runs.

    Args:
        x: [E, D] encoded recipients, one row per exposure.
        campaign: [E] which of the campaigns each got; every one at least once.
        campaigns: how many, C; one of them may be "nothing".
        outcomes: Y arrays [E], one per response stage that counts.
        plain: weight of the plain distance.

    Returns:
        [D, C Y + Y + D]: distance between recipients is |(x - x') L|.
    """
    centered = x - x.mean(axis=0)
    blocks = [
        _unit(centered, block)
        for outcome in outcomes
        for block in _slopes(centered, campaign, campaigns, outcome)
    ]
    share = np.sqrt(max(len(blocks), 1))
    return np.concatenate([block / share for block in blocks] + [identity(x, plain)], axis=1)


def identity(x: Floats, plain: float = 1.0) -> Floats:
    """[D, D] the plain metric, such that the mean square distance from the mean is plain^2."""
    spread = np.sqrt(((x - x.mean(axis=0)) ** 2).sum(axis=1).mean())
    return plain * np.eye(x.shape[1]) / max(float(spread), 1e-12)


def _slopes(x: Floats, campaign: Indices, campaigns: int, outcome: Floats) -> tuple[Floats, Floats]:
    """[D, 1] how response changes with x on average, [D, C] how each campaign differs from it."""
    scaled = (outcome - outcome.mean()) / (outcome.std() + 1e-12)
    each = [ridge(x[campaign == c], scaled[campaign == c]) for c in range(campaigns)]
    table = np.stack(each, axis=1)
    mean = table.mean(axis=1, keepdims=True)
    return mean, table - mean


def _unit(x: Floats, block: Floats) -> Floats:
    """The block scaled so that x @ block has mean square 1; 0 where it has none."""
    spread = float(np.sqrt(((x @ block) ** 2).sum(axis=1).mean()))
    return block / spread if spread > 1e-9 else np.zeros_like(block)


def ridge(x: Floats, y: Floats, rounds: int = 20) -> Floats:
    """[D] slopes; the penalty maximises the evidence (MacKay 1992, Bayesian interpolation).

    Args:
        x: [N, D].
        y: [N].
        rounds: of the fixed point iteration.
    """
    eigenvalues, vectors = np.linalg.eigh(x.T @ x)
    eigenvalues = np.maximum(eigenvalues, 0.0)
    projected = vectors.T @ (x.T @ (y - y.mean()))
    alpha, noise = 1.0, float(y.var()) + 1e-12
    slopes = np.zeros(x.shape[1])
    for _ in range(rounds):
        slopes = projected / (eigenvalues + alpha * noise)
        used = float((eigenvalues / (eigenvalues + alpha * noise)).sum())
        alpha = max(used, 0.1) / max(float((slopes**2).sum()), 1e-12)
    result: Floats = vectors @ slopes
    return result
