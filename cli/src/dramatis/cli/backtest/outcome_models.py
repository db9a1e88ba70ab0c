"""What each recipient would have answered under each arm: the model half of doubly robust."""

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from dramatis.cli.backtest.arrays import Floats, Indices

LOGISTIC_C = 0.1
RIDGE_ALPHA = 1_000.0


def predict(
    learned: Floats, arm: Indices, outcome: Floats, judged: Floats, *, arms: int, binary: bool
) -> Floats:
    """Expected outcome of each judged recipient under each arm, [R, A].

    One model per arm on standardised features and their squares: logistic for 0/1, else ridge.
    Strong penalties on purpose: the estimator stays unbiased whatever the model says, and a calm
    model keeps its variance low.

    Args:
        learned: [L, D] features of the learning half.
        arm: [L] arms of the learning half.
        outcome: [L] outcomes of the learning half.
        judged: [R, D] features of the judging half.
        arms: number of arms, A.
        binary: whether outcomes are 0 and 1.
    """
    design = np.concatenate([learned, learned**2], axis=1)
    mean, spread = design.mean(0), design.std(0)
    spread[spread < 1e-9] = 1.0
    design = (design - mean) / spread
    target = (np.concatenate([judged, judged**2], axis=1) - mean) / spread
    expected = [
        _predict_one(design[arm == a], outcome[arm == a], target, binary) for a in range(arms)
    ]
    return np.stack(expected, axis=1)


def _predict_one(design: Floats, outcome: Floats, target: Floats, binary: bool) -> Floats:
    if len(outcome) == 0 or design.shape[1] == 0 or (outcome == outcome[0]).all():
        return np.full(len(target), outcome.mean() if len(outcome) else 0.0)
    if not binary:
        ridge = Ridge(alpha=RIDGE_ALPHA).fit(design, outcome)
        return np.asarray(ridge.predict(target), np.float64)
    logistic = LogisticRegression(C=LOGISTIC_C, max_iter=1_000).fit(design, outcome)
    return np.asarray(logistic.predict_proba(target)[:, 1], np.float64)
