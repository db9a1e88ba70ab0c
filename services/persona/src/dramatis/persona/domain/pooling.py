"""What evidence alone says of every cell: main effects of personas and campaigns, pooled.

logit(rate) = a + u[p] + v[c] with normal u and v, whose variances are estimated too (empirical
Bayes), by penalised iteratively reweighted least squares. Responses within a cell are more alike
than chance, as those of a beta-binomial are: the weights know that (Williams, Extra-binomial
variation in logistic linear models, Applied Statistics 31, 1982). What is a cell's own beyond its
main effects is not fitted here: `core.posterior` adds it.

P personas, C campaigns.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit, logit

from dramatis.core import trust
from dramatis.core.arrays import Floats

ROUNDS: Final = 12
LIMIT: Final = 12.0
"""Logits stay within this."""
TYPICAL_SPREAD: Final = 1.5
"""Standard deviation of a tenant's general rate around the typical one, in logits."""
EFFECT_SPREAD: Final = 0.5
"""By how many logits personas, and campaigns, differ as long as there is nothing to tell."""
EFFECT_COUNT: Final = 1.0
"""How many personas, or campaigns, `EFFECT_SPREAD` counts for beside those that were seen."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """Rates that main effects give.

    Attributes:
        rates: [P, C].
        errors: [P, C] their standard deviations from not knowing the main effects.
        apart: [P, C] the rates had the cell itself not been seen: fit to be judged by it.
    """

    rates: Floats
    errors: Floats
    apart: Floats


@dataclass(frozen=True, slots=True)
class _Effects:
    """Main effects with the spread of a persona's and of a campaign's.

    Attributes:
        logits: [P, C].
        variance: [P, C] of the logits.
        spreads: of personas and of campaigns.
    """

    logits: Floats
    variance: Floats
    spreads: tuple[float, float]


def fit(trials: Floats, successes: Floats, typical: float) -> Pooled:
    """The pooled rates of one stage.

    Args:
        trials, successes: [P, C].
        typical: the rate as long as nothing is known.
    """
    good = np.minimum(successes, trials)
    share = (good.sum() + typical) / (trials.sum() + 1.0)
    effects = _Effects(
        np.full(trials.shape, logit(share)), np.zeros(trials.shape), (EFFECT_SPREAD,) * 2
    )
    weights = answers = np.zeros(trials.shape)
    alike = float(trust.TOTALS[-1])
    for number in range(ROUNDS):
        weights, answers = _work(effects.logits, trials, good, alike)
        effects = _solve(weights, answers, float(logit(typical)), effects.spreads)
        if number % 3 == 2:
            apart = expit(_apart(effects, weights, answers))
            alike = trust.learn_total(apart.ravel(), trials.ravel(), good.ravel())
    rates = expit(effects.logits)
    return Pooled(
        rates=rates,
        errors=rates * (1 - rates) * np.sqrt(effects.variance),
        apart=expit(_apart(effects, weights, answers)),
    )


def _work(logits: Floats, trials: Floats, successes: Floats, alike: float) -> tuple[Floats, Floats]:
    """[P, C] weights and working responses of the next least squares."""
    rates = expit(logits)
    slope = rates * (1 - rates)
    off = np.divide(successes, trials, out=rates.copy(), where=trials > 0) - rates
    weights = trials * slope / (1 + np.maximum(trials - 1, 0) / (alike + 1))
    return weights, np.clip(logits + off / slope, -LIMIT, LIMIT)


def _solve(
    weights: Floats, answers: Floats, center: float, spreads: tuple[float, float]
) -> _Effects:
    """Least squares with the normal priors; campaigns are eliminated first (Schur complement)."""
    of_personas, of_campaigns = (1 / spread**2 for spread in spreads)
    rows, columns = weights.sum(axis=1), weights.sum(axis=0)
    pulled = weights * answers
    size = len(rows) + 1
    left = np.diag(np.r_[rows.sum() + TYPICAL_SPREAD**-2, rows + of_personas])
    left[0, 1:] = left[1:, 0] = rows
    across = np.vstack([columns, weights])
    own = columns + of_campaigns
    inverse = np.linalg.inv(left - across / own @ across.T)
    right = np.r_[pulled.sum() + center * TYPICAL_SPREAD**-2, pulled.sum(axis=1)]
    found = inverse @ (right - across @ (pulled.sum(axis=0) / own))
    campaigns = (pulled.sum(axis=0) - across.T @ found) / own
    shared = inverse @ across / own
    own_variance = 1 / own + (across / own * shared).sum(axis=0)
    diagonal = inverse.diagonal()
    variance = (diagonal[0] + 2 * inverse[0, 1:] + diagonal[1:])[:, None]
    variance = variance - 2 * (shared[0] + shared[1:]) + own_variance
    return _Effects(
        logits=np.clip((found[0] + found[1:])[:, None] + campaigns, -LIMIT, LIMIT),
        variance=np.maximum(variance, 0.0),
        spreads=(
            _spread(found[1:], diagonal[1:].sum() * of_personas, size - 1),
            _spread(campaigns, own_variance.sum() * of_campaigns, len(campaigns)),
        ),
    )


def _spread(effects: Floats, unknown: float, count: int) -> float:
    """Standard deviation of effects of which so many are not determined by the data.

    MacKay's fixed point (Bayesian interpolation, Neural Computation 4, 1992).
    """
    square = float((effects**2).sum()) + EFFECT_COUNT * EFFECT_SPREAD**2
    return float(np.sqrt(square / (max(count - unknown, 0.0) + EFFECT_COUNT)))


def _apart(effects: _Effects, weights: Floats, answers: Floats) -> Floats:
    """[P, C] logits without the cell's own pull, from its leverage (Allen's PRESS)."""
    leverage = np.clip(weights * effects.variance, 0.0, 1 - 1e-6)
    off = leverage / (1 - leverage) * (answers - effects.logits)
    return np.clip(effects.logits - off, -LIMIT, LIMIT)
