"""How forecasts did when reality arrived.

A forecast is compared with evidence that its engine had not learned from: all of it where the
engine used none, otherwise what came since, for the same personas. Both sides are per persona x
campaign x stage; counts are weighted by membership, so they are rounded to whole recipients.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import betaincinv, betaln, gammaln, xlog1py, xlogy

from dramatis.core.arrays import Floats
from dramatis.core.campaign import Stage

LEAST_TRIALS: Final = 10
"""Fewer recipients say next to nothing about an interval."""
MOST_EXACT: Final = 20_000
"""With more recipients their chance is added to the rate's error by its variance."""
TAIL: Final = 0.05


@dataclass(frozen=True, slots=True)
class Case:
    """A forecast Beta(alpha, beta) of a rate, and `successes` of `trials` that came after it."""

    stage: Stage
    alpha: float
    beta: float
    trials: float
    successes: float


@dataclass(frozen=True, slots=True)
class StageRecord:
    """How the forecasts of one stage did.

    Attributes:
        stage: the stage.
        forecast_count: forecasts compared.
        coverage_90: share of real rates inside the 90 % predictive intervals.
        log_score_gain: mean log probability of what happened, per trial, minus that of the
            overall rate of these cases.
        bias: mean of forecast minus reality, weighted by trials.
    """

    stage: Stage
    forecast_count: int
    coverage_90: float
    log_score_gain: float
    bias: float


def score(cases: Iterable[Case]) -> tuple[StageRecord, ...]:
    """The record of each stage that has cases with enough recipients, in order of the stages."""
    enough = [case for case in cases if round(case.trials) >= LEAST_TRIALS]
    stages = sorted({case.stage for case in enough})
    return tuple(_score(stage, [c for c in enough if c.stage is stage]) for stage in stages)


def _score(stage: Stage, cases: list[Case]) -> StageRecord:
    alpha, beta = np.array([c.alpha for c in cases]), np.array([c.beta for c in cases])
    trials = np.array([round(c.trials) for c in cases], dtype=float)
    successes = np.minimum([float(round(c.successes)) for c in cases], trials)
    rate = successes.sum() / trials.sum()
    plain = log_choose(trials, successes) + xlogy(successes, rate)
    plain += xlog1py(trials - successes, -rate)
    gain = (log_probability(alpha, beta, trials, successes) - plain).sum() / trials.sum()
    off = alpha / (alpha + beta) - successes / trials
    inside = [covered(*case) for case in zip(alpha, beta, trials, successes, strict=True)]
    return StageRecord(
        stage, len(cases), float(np.mean(inside)), float(gain),
        float(np.average(off, weights=trials)),
    )  # fmt: skip


def log_choose(trials: Floats, successes: Floats) -> Floats:
    """Logarithm of the number of ways."""
    ways: Floats = gammaln(trials + 1) - gammaln(successes + 1) - gammaln(trials - successes + 1)
    return ways


def log_probability(alpha: Floats, beta: Floats, trials: Floats, successes: Floats) -> Floats:
    """Beta-binomial log probability of the successes.

    >>> one = np.array([1.0])
    >>> float(np.exp(log_probability(one, one, 4 * one, 3 * one)).round(6)[0])
    0.2
    """
    fit: Floats = betaln(alpha + successes, beta + trials - successes) - betaln(alpha, beta)
    return log_choose(trials, successes) + fit


def covered(alpha: float, beta: float, trials: float, successes: float) -> bool:
    """Whether the successes lie between the 5 % and the 95 % quantile of the forecast's counts.

    >>> covered(50.0, 50.0, 100, 50), covered(50.0, 50.0, 100, 90)
    (True, False)
    """
    if trials > MOST_EXACT:
        return _covered_roughly(alpha, beta, trials, successes)
    counts = np.arange(trials + 1)
    total = np.cumsum(np.exp(log_probability(
        np.array(alpha), np.array(beta), np.array(trials), counts)))  # fmt: skip
    lower, upper = np.searchsorted(total, [TAIL, 1 - TAIL])
    return bool(lower <= successes <= upper)


def _covered_roughly(alpha: float, beta: float, trials: float, successes: float) -> bool:
    """With a Beta that is as much wider as the chance of so many recipients makes it."""
    count = trials * (alpha + beta + 1) / (alpha + beta + trials) - 1
    mean = alpha / (alpha + beta)
    lower, upper = betaincinv(mean * count, (1 - mean) * count, [TAIL, 1 - TAIL])
    return bool(lower <= successes / trials <= upper)
