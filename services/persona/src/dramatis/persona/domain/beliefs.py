"""What is believed of response: a forecast, or a flat prior in its place, met with evidence.

Where no simulation has spoken, a campaign is expected to do with every persona what it did with
all of them, and a campaign without responses what campaigns do in general. How much that is worth
is learned from the evidence, as it is for a simulation (see `core.posterior`).
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np

from dramatis.core import posterior
from dramatis.core.arrays import Floats, Mask
from dramatis.core.campaign import Stage
from dramatis.core.evidence import EvidenceCounts
from dramatis.core.forecast import ForecastTable
from dramatis.core.response import ResponseTable

TYPICAL: Final[Mapping[Stage, float]] = MappingProxyType(
    {
        Stage.OPEN: 0.2,
        Stage.CLICK: 0.1,
        Stage.VISIT: 0.1,
        Stage.CONVERT: 0.05,
        Stage.UNSUBSCRIBE: 0.002,
        Stage.COMPLAIN: 0.0005,
    }
)
"""Rates before anything is known: a tenth of those reached go on, few leave."""
TYPICAL_TRIALS: Final = 10.0
"""What the more general rate is worth beside a campaign's own trials."""


def prior(evidence: EvidenceCounts, persona_ids: tuple[str, ...]) -> ForecastTable:
    """The forecast that stands in where there was no simulation: all personas alike."""
    typical = np.array([TYPICAL[stage] for stage in evidence.axes.stages])
    trials, successes = evidence.trials.sum(axis=0), evidence.successes.sum(axis=0)
    general = _shrink(successes.sum(axis=0), trials.sum(axis=0), typical)
    rates = _shrink(successes, trials, general)
    count, total = evidence.amount_count.sum(axis=0), evidence.amount_sum.sum(axis=0)
    amount = _shrink(total, count, total.sum() / max(count.sum(), 1e-9))
    shape = (len(persona_ids), len(evidence.axes.campaign_ids))
    return ForecastTable(
        simulation_id="",
        persona_set_id="",
        persona_ids=persona_ids,
        axes=evidence.axes,
        rates=np.broadcast_to(rates, (*shape, len(typical))).copy(),
        rate_error=np.zeros((*shape, len(typical))),
        amount_mean=np.broadcast_to(amount, shape).copy(),
        amount_error=np.zeros(shape),
        supported=np.ones(shape[1], dtype=bool),
    )


def _shrink(successes: Floats, trials: Floats, typical: Floats | float) -> Floats:
    rate: Floats = (successes + TYPICAL_TRIALS * typical) / (trials + TYPICAL_TRIALS)
    return rate


def update(
    evidence: EvidenceCounts, persona_ids: tuple[str, ...], forecast: ForecastTable | None
) -> ResponseTable:
    """The posteriors.

    Args:
        evidence: of P personas.
        persona_ids: [P].
        forecast: of the same personas, in any order; campaigns that came since, and those it
            does not support, have the flat prior at the smallest weight.
    """
    flat = prior(evidence, persona_ids)
    if forecast is None:
        return posterior.update(flat, evidence)
    laid, said = _lay(flat, forecast)
    table = posterior.update(laid, evidence)
    least = float(posterior.WEIGHTS[0])
    rates = np.clip(laid.rates, posterior.FLOOR, 1 - posterior.FLOOR)
    failures = np.maximum(evidence.trials - evidence.successes, 0.0)
    return replace(
        table,
        alpha=np.where(said, table.alpha, least * rates + evidence.successes),
        beta=np.where(said, table.beta, least * (1 - rates) + failures),
    )


def _lay(flat: ForecastTable, forecast: ForecastTable) -> tuple[ForecastTable, Mask]:
    """The forecast on the axes of the flat prior, which fills the gaps, and [P, C, G] where not."""
    rates, rate_error = flat.rates.copy(), flat.rate_error.copy()
    amount = flat.amount_mean.copy()
    error, said = flat.amount_error.copy(), np.zeros(flat.rates.shape, dtype=bool)
    rows = [forecast.persona_ids.index(persona) for persona in flat.persona_ids]
    ours = dict(zip(flat.axes.stages, flat.axes.given, strict=True))
    stages = [
        (to, forecast.axes.stages.index(stage))
        for to, stage in enumerate(flat.axes.stages)
        if (stage, ours[stage]) in zip(forecast.axes.stages, forecast.axes.given, strict=True)
    ]
    for to, campaign in enumerate(flat.axes.campaign_ids):
        if campaign not in forecast.axes.campaign_ids:
            continue
        at = forecast.axes.campaign_ids.index(campaign)
        if not forecast.supported[at]:
            continue
        for stage, source in stages:
            rates[:, to, stage] = forecast.rates[rows, at, source]
            rate_error[:, to, stage] = forecast.rate_error[rows, at, source]
            said[:, to, stage] = True
        amount[:, to] = forecast.amount_mean[rows, at]
        error[:, to] = forecast.amount_error[rows, at]
    laid = replace(flat, rates=rates, rate_error=rate_error, amount_mean=amount, amount_error=error)
    return laid, said
