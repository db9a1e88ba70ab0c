"""A forecast meets evidence: what is believed of every cell after both.

Two things are known of a cell before its own responses: what other cells' responses say of it
(`Flat`), and what the simulator forecasts. Mixed by `core.trust`, they enter as pseudo-trials,
real responses as real ones: Beta(m mu + successes, m (1 - mu) + failures), averaged over what is
believed of m and the mixture. A simulator that is no good gets no share, and what is left is what
evidence alone says.

Cells are off together where a main effect or a parameter is: pseudo-trials alone would make the
posterior too sure of itself. So the variance adds what flat rates and forecasts do not know
themselves, weighted as they are; alpha and beta are those of the Beta distribution with this mean
and variance.

Cap: however much is simulated, and however well other cells were forecast, a forecast moves a
cell's mean by at most `MOST_MOVED` standard errors of the cell's own responses; that is never
more than 1 / sqrt(trials), a percentage point at 10,000 (limited translation; Efron and Morris,
Journal of the American Statistical Association 67, 1972).

P personas, C campaigns, G stages.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core import trust
from dramatis.core.arrays import Floats
from dramatis.core.evidence import EvidenceCounts
from dramatis.core.forecast import ForecastTable
from dramatis.core.response import ResponseTable
from dramatis.core.trust import TOTALS, Trust

FLOOR: Final = 1e-6
"""Keeps the counts of a Beta above zero."""
LEAST_TOTAL: Final = 1e-3
"""Least alpha + beta: a Beta wider than that has all its weight at 0 and 1."""
MOST_MOVED: Final = 2.0
"""Standard errors of a cell's real rate that a forecast may move it."""


@dataclass(frozen=True, slots=True)
class Flat:
    """What evidence says of cells without any forecast.

    Attributes:
        rates: [P, C, G] in (0, 1).
        errors: [P, C, G] standard deviations from not knowing the parameters.
        apart: [P, C, G] the rates had the cell itself not been seen.
        amount_mean: [P, C] mean amount of a conversion in currency units.
    """

    rates: Floats
    errors: Floats
    apart: Floats
    amount_mean: Floats


@dataclass(frozen=True, slots=True)
class _Stage:
    """The cells [P, C] of one stage.

    Attributes:
        flat, flat_error: rates without forecast.
        apart: the same had the cell itself not been seen.
        forecast, forecast_error: rates as forecast; flat ones where nothing was.
        tried: rates that the forecast is judged by: `apart` where nothing was forecast.
        trials, successes: the evidence.
    """

    flat: Floats
    flat_error: Floats
    apart: Floats
    forecast: Floats
    forecast_error: Floats
    tried: Floats
    trials: Floats
    successes: Floats


def learn_amount_weight(forecast: Floats, evidence: EvidenceCounts, dispersion: float) -> float:
    """The same for amounts: conversions that a forecast mean is worth, under normal means.

    Args:
        forecast: [P, C] mean amounts.
        evidence: the amounts really spent.
        dispersion: variance of single amounts over their squared mean.
    """
    seen = (evidence.amount_count > 0) & (forecast > 0)
    if not seen.any():
        return float(TOTALS[0])
    count = evidence.amount_count[seen]
    off = (evidence.amount_sum[seen] / count / forecast[seen] - 1) ** 2
    variance = dispersion * (1 / count + 1 / TOTALS[:, None])
    likelihood = -0.5 * (np.log(variance) + off / variance).sum(axis=1)
    return float(TOTALS[likelihood.argmax()])


def amount_dispersion(evidence: EvidenceCounts) -> float:
    """Variance of single amounts over their squared mean, pooled within cells; 1 if unknown."""
    count, total = evidence.amount_count, evidence.amount_sum
    mean = total / np.maximum(count, 1e-9)
    several = count > 1
    scatter = (evidence.amount_square_sum - count * mean**2)[several].sum()
    scale = ((count - 1) * mean**2)[several].sum()
    return float(np.clip(scatter / scale, 0.05, 100.0)) if scale > 0 else 1.0


def update(flat: Flat, evidence: EvidenceCounts, forecast: ForecastTable | None) -> ResponseTable:
    """Posteriors of response.

    Args:
        flat: on the axes of the evidence.
        evidence: real responses.
        forecast: on the same axes; not finite where nothing was forecast.

    Raises:
        ValueError: forecast and evidence are about different campaigns or stages.
    """
    if forecast is not None and forecast.axes != evidence.axes:
        raise ValueError(f"forecast of {forecast.axes} met evidence of {evidence.axes}")
    stages = [_stage(flat, evidence, forecast, at) for at in range(len(evidence.axes.stages))]
    likelihoods = np.array([_likelihood(stage) for stage in stages])
    seen = np.array([bool((stage.trials > 0).any()) for stage in stages])
    if seen.any():
        likelihoods[~seen] = likelihoods[seen].mean(axis=0)
    trusts = [trust.judge(each, forecast is not None) for each in likelihoods]
    alone = [trust.judge(each, False) for each in likelihoods]
    met = [_capped(*each) for each in zip(stages, trusts, alone, strict=True)]
    amount = flat.amount_mean if forecast is None else forecast.amount_mean
    doubts = np.zeros(amount.shape) if forecast is None else forecast.amount_error
    dispersion = amount_dispersion(evidence)
    m = learn_amount_weight(amount, evidence, dispersion)
    count = m + evidence.amount_count
    mean = (m * amount + evidence.amount_sum) / count
    return ResponseTable(
        axes=evidence.axes,
        alpha=np.stack([alpha for alpha, _ in met], axis=-1),
        beta=np.stack([beta for _, beta in met], axis=-1),
        amount_mean=mean,
        amount_error=np.sqrt(mean**2 * dispersion / count + (m / count * doubts) ** 2),
        forecast_weights=np.array([each.weight for each in trusts]),
        forecast_weights_lower=np.array([each.quantile(0.05) for each in trusts]),
        forecast_weights_upper=np.array([each.quantile(0.95) for each in trusts]),
        amount_forecast_weight=m,
    )


def _stage(flat: Flat, evidence: EvidenceCounts, forecast: ForecastTable | None, at: int) -> _Stage:
    """Stage number `at`."""
    rates, errors = flat.rates[..., at], flat.errors[..., at]
    told, told_errors, said = rates, errors, np.zeros(rates.shape, dtype=bool)
    if forecast is not None:
        said = np.isfinite(forecast.rates[..., at])
        told = np.where(said, forecast.rates[..., at], rates)
        told_errors = np.where(said, forecast.rate_error[..., at], errors)
    trials, apart = evidence.trials[..., at], flat.apart[..., at]
    return _Stage(
        flat=_inside(rates),
        flat_error=errors,
        apart=_inside(apart),
        forecast=_inside(told),
        forecast_error=told_errors,
        tried=_inside(np.where(said, told, apart)),
        trials=trials,
        successes=np.minimum(evidence.successes[..., at], trials),
    )


def _inside(rates: Floats) -> Floats:
    clipped: Floats = np.clip(rates, FLOOR, 1 - FLOOR)
    return clipped


def _likelihood(stage: _Stage) -> Floats:
    """[K, W] of the stage's evidence."""
    columns = (stage.tried, stage.apart, stage.trials, stage.successes)
    return trust.likelihood(*(each.ravel() for each in columns))


def _capped(stage: _Stage, trusted: Trust, alone: Trust) -> tuple[Floats, Floats]:
    """Alpha and beta [P, C], no farther from what they are without the forecast than the cap."""
    mean, variance = _meet(stage, trusted)
    without, _ = _meet(stage, alone)
    real = stage.successes / np.maximum(stage.trials, 1e-9)
    widest = np.maximum(real * (1 - real), stage.forecast * (1 - stage.forecast))
    most = MOST_MOVED * np.sqrt(widest / np.maximum(stage.trials, 1e-9))
    mean = _inside(np.clip(mean, without - most, without + most))
    total = np.maximum(mean * (1 - mean) / variance - 1, LEAST_TOTAL)
    return mean * total, (1 - mean) * total


def _meet(stage: _Stage, trusted: Trust) -> tuple[Floats, Floats]:
    """Mean and variance [P, C] of the rates, over all that m and w may be."""
    first = second = np.zeros(stage.trials.shape)
    for chance, total, share in trusted.candidates():
        count = total + stage.trials
        before = share * stage.forecast + (1 - share) * stage.flat
        mean = (total * before + stage.successes) / count
        doubt = share * stage.forecast_error + (1 - share) * stage.flat_error
        variance = mean * (1 - mean) / (count + 1) + (total / count * doubt) ** 2
        first = first + chance * mean
        second = second + chance * (variance + mean**2)
    return first, np.maximum(second - first**2, FLOOR**2)
