"""A forecast meets evidence: conjugate updates, and how much a forecast is worth.

A forecast of rate f enters as m pseudo-trials, real responses as real ones:
Beta(m f + successes, m (1 - f) + failures). m is learned per stage by maximising the
beta-binomial marginal likelihood of the evidence given the forecasts (empirical Bayes; Gelman et
al., Bayesian Data Analysis, 3rd edition, section 5.3): it is large where reality scatters around
the forecasts no more than chance does, and small where the forecasts are off.

Forecasts of many cells are off together where a parameter is: pseudo-trials alone would make the
posterior too sure of itself. So its mean is the conjugate one, (m f + successes) / (m + trials),
and its variance adds what the forecast itself does not know, weighted like the forecast; alpha and
beta are those of the Beta distribution with this mean and variance.
"""

from typing import Final

import numpy as np
from scipy.special import betaln

from dramatis.core.arrays import Floats
from dramatis.core.evidence import EvidenceCounts
from dramatis.core.forecast import ForecastTable
from dramatis.core.response import ResponseTable

WEIGHTS: Final[Floats] = np.geomspace(1.0, 1e6, 73)
"""Candidate values of m."""
FLOOR: Final = 1e-6
"""Keeps the counts of a Beta above zero."""
LEAST_TOTAL: Final = 1e-3
"""Least alpha + beta: a Beta wider than that has all its weight at 0 and 1."""


def learn_weight(rates: Floats, trials: Floats, successes: Floats) -> float:
    """The m under which the evidence is likeliest; the smallest candidate without evidence.

    Args:
        rates: [N] forecast rates, in (0, 1).
        trials, successes: [N] the evidence beside them.
    """
    seen = trials > 0
    if not seen.any():
        return float(WEIGHTS[0])
    rate, good, bad = rates[seen], successes[seen], (trials - successes)[seen]
    alpha, beta = WEIGHTS[:, None] * rate, WEIGHTS[:, None] * (1 - rate)
    likelihood = (betaln(alpha + good, beta + bad) - betaln(alpha, beta)).sum(axis=1)
    return float(WEIGHTS[likelihood.argmax()])


def learn_amount_weight(forecast: Floats, evidence: EvidenceCounts, dispersion: float) -> float:
    """The same for amounts: conversions that a forecast mean is worth, under normal means.

    Args:
        forecast: [P, C] mean amounts.
        evidence: the amounts really spent.
        dispersion: variance of single amounts over their squared mean.
    """
    seen = (evidence.amount_count > 0) & (forecast > 0)
    if not seen.any():
        return float(WEIGHTS[0])
    count = evidence.amount_count[seen]
    off = (evidence.amount_sum[seen] / count / forecast[seen] - 1) ** 2
    variance = dispersion * (1 / count + 1 / WEIGHTS[:, None])
    likelihood = -0.5 * (np.log(variance) + off / variance).sum(axis=1)
    return float(WEIGHTS[likelihood.argmax()])


def amount_dispersion(evidence: EvidenceCounts) -> float:
    """Variance of single amounts over their squared mean, pooled within cells; 1 if unknown."""
    count, total = evidence.amount_count, evidence.amount_sum
    mean = total / np.maximum(count, 1e-9)
    several = count > 1
    scatter = (evidence.amount_square_sum - count * mean**2)[several].sum()
    scale = ((count - 1) * mean**2)[several].sum()
    return float(np.clip(scatter / scale, 0.05, 100.0)) if scale > 0 else 1.0


def update(forecast: ForecastTable, evidence: EvidenceCounts) -> ResponseTable:
    """Posteriors of response from a forecast and real responses on the same axes.

    Raises:
        ValueError: the two are about different campaigns or stages.
    """
    if forecast.axes != evidence.axes:
        raise ValueError(f"forecast of {forecast.axes} met evidence of {evidence.axes}")
    f = np.clip(forecast.rates, FLOOR, 1 - FLOOR)
    stages = range(len(forecast.axes.stages))
    weights = np.array(
        [learn_weight(*(t[..., g].ravel() for t in (f, evidence.trials, evidence.successes)))
         for g in stages]
    )  # fmt: skip
    alpha, beta = _meet(f, forecast.rate_error, weights, evidence)
    dispersion = amount_dispersion(evidence)
    m = learn_amount_weight(forecast.amount_mean, evidence, dispersion)
    count = m + evidence.amount_count
    mean = (m * forecast.amount_mean + evidence.amount_sum) / count
    doubt = m / count * forecast.amount_error
    return ResponseTable(
        axes=forecast.axes,
        alpha=alpha,
        beta=beta,
        amount_mean=mean,
        amount_error=np.sqrt(mean**2 * dispersion / count + doubt**2),
        forecast_weights=weights,
        amount_forecast_weight=m,
    )


def _meet(
    f: Floats, error: Floats, weights: Floats, evidence: EvidenceCounts
) -> tuple[Floats, Floats]:
    """Alpha and beta [P, C, G] of forecasts worth `weights` trials that met the evidence.

    A forecast that is quite sure of itself gives the conjugate counts.
    """
    count = weights + evidence.trials
    mean = (weights * f + np.minimum(evidence.successes, evidence.trials)) / count
    spread = mean * (1 - mean)
    variance = spread / (count + 1) + (weights / count * error) ** 2
    total = np.maximum(spread / variance - 1, LEAST_TOTAL)
    return mean * total, (1 - mean) * total
