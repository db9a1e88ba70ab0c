"""What is believed of response: evidence pooled over cells, and a forecast, met with evidence.

Where no simulation has spoken, a persona is expected to answer a campaign as its main effect and
the campaign's say (`pooling`). How much that, and a simulation, are worth is learned from the
evidence (see `core.posterior`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from dramatis.core import posterior
from dramatis.core.arrays import Floats
from dramatis.core.campaign import Stage
from dramatis.core.evidence import Axes, EvidenceCounts
from dramatis.core.forecast import ForecastTable
from dramatis.core.posterior import Flat
from dramatis.core.response import ResponseTable
from dramatis.persona.domain import pooling

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
TYPICAL_CONVERSIONS: Final = 10.0
"""What the general amount is worth beside the conversions of a campaign."""


def update(
    evidence: EvidenceCounts, persona_ids: tuple[str, ...], forecast: ForecastTable | None
) -> ResponseTable:
    """The posteriors.

    Args:
        evidence: of P personas.
        persona_ids: [P].
        forecast: of the same personas, in any order; campaigns that came since, and those it
            does not support, rest on real responses alone.
    """
    flat = pool(evidence)
    laid = None if forecast is None else _lay(forecast, evidence.axes, persona_ids, flat)
    return posterior.update(flat, evidence, laid)


def pool(evidence: EvidenceCounts) -> Flat:
    """What the evidence of all cells says of each."""
    found = [
        pooling.fit(evidence.trials[..., at], evidence.successes[..., at], TYPICAL[stage])
        for at, stage in enumerate(evidence.axes.stages)
    ]
    return Flat(
        rates=np.stack([each.rates for each in found], axis=-1),
        errors=np.stack([each.errors for each in found], axis=-1),
        apart=np.stack([each.apart for each in found], axis=-1),
        amount_mean=np.broadcast_to(_amounts(evidence), evidence.amount_sum.shape),
    )


def _amounts(evidence: EvidenceCounts) -> Floats:
    """[C] mean amounts of campaigns, drawn towards the general one."""
    count, total = evidence.amount_count.sum(axis=0), evidence.amount_sum.sum(axis=0)
    general = total.sum() / max(count.sum(), 1e-9)
    means: Floats = (total + TYPICAL_CONVERSIONS * general) / (count + TYPICAL_CONVERSIONS)
    return means


def _lay(
    forecast: ForecastTable, axes: Axes, persona_ids: tuple[str, ...], flat: Flat
) -> ForecastTable:
    """The forecast on the axes of the evidence; rates are nan where it says nothing."""
    shape = (len(persona_ids), len(axes.campaign_ids), len(axes.stages))
    rates, rate_error = np.full(shape, np.nan), np.zeros(shape)
    amount, error = flat.amount_mean.copy(), np.zeros(shape[:2])
    rows = [forecast.persona_ids.index(persona) for persona in persona_ids]
    ours = dict(zip(axes.stages, axes.given, strict=True))
    stages = [
        (to, forecast.axes.stages.index(stage))
        for to, stage in enumerate(axes.stages)
        if (stage, ours[stage]) in zip(forecast.axes.stages, forecast.axes.given, strict=True)
    ]
    for to, campaign in enumerate(axes.campaign_ids):
        if campaign not in forecast.axes.campaign_ids:
            continue
        at = forecast.axes.campaign_ids.index(campaign)
        if not forecast.supported[at]:
            continue
        for stage, source in stages:
            rates[:, to, stage] = forecast.rates[rows, at, source]
            rate_error[:, to, stage] = forecast.rate_error[rows, at, source]
        amount[:, to] = forecast.amount_mean[rows, at]
        error[:, to] = forecast.amount_error[rows, at]
    return ForecastTable(
        simulation_id=forecast.simulation_id,
        persona_set_id=forecast.persona_set_id,
        persona_ids=persona_ids,
        axes=axes,
        rates=rates,
        rate_error=rate_error,
        amount_mean=amount,
        amount_error=error,
        supported=np.isfinite(rates).all(axis=(0, 2)),
    )
