"""What a good and a bad simulator are worth: evidence with their forecasts, and without any."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.special import expit

from dramatis.core.arrays import Floats
from dramatis.core.campaign import Stage
from dramatis.core.evidence import Axes, EvidenceCounts
from dramatis.core.forecast import ForecastTable
from dramatis.persona.domain import beliefs

PERSONAS: Final = 12
CAMPAIGNS: Final = 16
GENERAL: Final = -2.5
SENDS: Final = tuple(round(20 * 1.5**step) for step in range(14))
"""Real sends per cell after each of which campaigns are ranked."""
RIGHT: Final = 0.1
"""Ranked right: what is chosen earns that share less than the best at most, of what there is to
choose from: the best above the average."""


@dataclass(frozen=True)
class Planted:
    """One truth with its evidence at each of `SENDS`, and two forecasts, [P, C] each."""

    rates: Floats
    evidence: tuple[EvidenceCounts, ...]
    good: ForecastTable
    bad: ForecastTable


def plant(seed: int) -> Planted:
    """A truth; the good forecast is a tenth of a logit off, the bad one is of another truth."""
    rng = np.random.default_rng(seed)
    truth, other = _logits(rng), _logits(rng)
    rates = expit(truth)
    axes = Axes(tuple(f"c{at:02d}" for at in range(CAMPAIGNS)), (Stage.CLICK,), (None,))
    steps = np.diff(np.array(SENDS), prepend=0)
    seen = np.cumsum([rng.binomial(step, rates) for step in steps], axis=0).astype(float)
    blank = np.zeros(rates.shape)
    evidence = tuple(
        EvidenceCounts(axes, np.full((*rates.shape, 1), n), s[..., None], blank, blank, blank)
        for n, s in zip(np.array(SENDS, dtype=float), seen, strict=True)
    )
    off = rng.normal(0, 0.1, truth.shape)
    good = _forecast(axes, expit(truth + off))
    return Planted(rates, evidence, good, _forecast(axes, expit(other)))


def _logits(rng: np.random.Generator) -> Floats:
    main = rng.normal(0, 0.4, (PERSONAS, 1)) + rng.normal(0, 0.2, (1, CAMPAIGNS))
    logits: Floats = GENERAL + main + rng.normal(0, 0.3, (PERSONAS, CAMPAIGNS))
    return logits


def _forecast(axes: Axes, rates: Floats) -> ForecastTable:
    blank = np.zeros(rates.shape)
    return ForecastTable(
        simulation_id="planted",
        persona_set_id="planted",
        persona_ids=ids(),
        axes=axes,
        rates=rates[..., None],
        rate_error=blank[..., None],
        amount_mean=blank,
        amount_error=blank,
        supported=np.ones(CAMPAIGNS, dtype=bool),
    )


def ids() -> tuple[str, ...]:
    """The personas."""
    return tuple(f"p{at}" for at in range(PERSONAS))


def regrets(planted: Planted, forecast: ForecastTable | None) -> Iterator[tuple[float, float]]:
    """Yields what is lost by the choices after each of `SENDS`, and the forecast's weight.

    The loss is that of the campaign with the best believed rate, against the best there is, as a
    share of what the best earns above the average, over all personas.
    """
    best, average = planted.rates.max(axis=1), planted.rates.mean(axis=1)
    for evidence in planted.evidence:
        table = beliefs.update(evidence, ids(), forecast)
        chosen = np.take_along_axis(planted.rates, table.rates[..., 0].argmax(axis=1)[:, None], 1)
        lost = (best - chosen[:, 0]).sum() / (best - average).sum()
        yield float(lost), float(table.forecast_weights[0])


def shifted(planted: Planted, by: float) -> ForecastTable:
    """The good forecast with all rates off by so much on the logit scale."""
    rates = planted.good.rates
    return replace(planted.good, rates=expit(np.log(rates / (1 - rates)) + by))
