"""Simulates a population's answers: rates with what is not known of them, and the noise of sends.

Parameters are drawn from the model's posterior; in each draw, each persona's recipients meet each
campaign. Personas are simulated one by one, each with random numbers of its own: the same seed
gives the same bits for any division of the personas over workers.
Letters: S draws, P personas, C campaigns, G stages.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from dramatis.core.arrays import Floats
from dramatis.core.evidence import Axes
from dramatis.core.forecast import ForecastTable
from dramatis.engine import population, streams
from dramatis.engine.response import ResponseModel

SUREST: Final = 1e9
"""Largest alpha + beta of a Beta."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Rates and what is not known of them, each [C, G], or [P, C, G] where gathered.

    Attributes:
        rates: mean over the draws.
        lower_50, upper_50, lower_90, upper_90: ends of the intervals of the rate.
        parameter_error: standard deviation of the rate from not knowing the parameters.
        sampling_error: standard deviation that finitely many recipients add.
        predictive_lower_90, predictive_upper_90: of the rate that will be observed.
        alpha, beta: Beta with the same mean and parameter error.
    """

    rates: Floats
    lower_50: Floats
    upper_50: Floats
    lower_90: Floats
    upper_90: Floats
    parameter_error: Floats
    sampling_error: Floats
    predictive_lower_90: Floats
    predictive_upper_90: Floats
    alpha: Floats
    beta: Floats


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was simulated for one persona, or for several with a first axis P.

    Attributes:
        stages: rates of each stage given the one that it is conditional on.
        reaches: rates of each stage among all who got the campaign.
        amount_mean, amount_error: [C] of the mean amount of a conversion; 0 without amounts.
    """

    stages: Spread
    reaches: Spread
    amount_mean: Floats
    amount_error: Floats


def simulate(
    model: ResponseModel, *, draws: int, recipients: Sequence[int], seed: int,
    personas: Iterable[int] | None = None,
) -> Iterator[Outcome]:  # fmt: skip
    """Yields the outcome of one persona after the other.

    Args:
        model: knows the parameters.
        draws: S >= 1; more make the intervals steadier, not narrower.
        recipients: [P] heads that each persona stands for, >= 1.
        seed: of every random number.
        personas: places in the model's `persona_ids`; all unless given.
    """
    effects = model.effects(draws, seed)
    for persona in range(len(model.persona_ids)) if personas is None else personas:
        drawn = model.draw_persona(persona, effects, seed, observed=False)
        name = model.persona_ids[persona]
        rng = streams.stream(seed, "population", name, device=model.device)
        heads = population.flow(model.axes, drawn.rates, recipients[persona], rng)
        parents = _parents(model.axes)
        observed = population.shares(parents, heads, recipients[persona])
        yield Outcome(
            stages=_spread(drawn.rates, observed),
            reaches=_spread(population.reach(parents, drawn.rates), heads / recipients[persona]),
            amount_mean=drawn.amount_mean.mean(dim=0).cpu().numpy(),
            amount_error=drawn.amount_mean.std(dim=0, correction=0).cpu().numpy(),
        )


def gather(outcomes: Sequence[Outcome], columns: Sequence[int]) -> Outcome:
    """The outcomes of P personas as tables [P, C, G], of these campaigns only."""
    chosen = list(columns)

    def stack(parts: Sequence[Floats]) -> Floats:
        return np.stack([part[chosen] for part in parts])

    def spread(parts: Sequence[Spread]) -> Spread:
        names = Spread.__dataclass_fields__
        return Spread(*(stack([getattr(part, name) for part in parts]) for name in names))

    return Outcome(
        stages=spread([one.stages for one in outcomes]),
        reaches=spread([one.reaches for one in outcomes]),
        amount_mean=stack([one.amount_mean for one in outcomes]),
        amount_error=stack([one.amount_error for one in outcomes]),
    )


def table(
    model: ResponseModel, outcome: Outcome, columns: Sequence[int], simulation_id: str
) -> ForecastTable:
    """The forecasts in a gathered outcome of all the model's personas."""
    ids = tuple(model.axes.campaign_ids[at] for at in columns)
    return ForecastTable(
        simulation_id=simulation_id,
        persona_set_id=model.persona_set_id,
        persona_ids=model.persona_ids,
        axes=Axes(ids, model.axes.stages, model.axes.given),
        rates=outcome.stages.rates,
        rate_error=outcome.stages.parameter_error,
        amount_mean=outcome.amount_mean,
        amount_error=outcome.amount_error,
        supported=model.supported[list(columns)],
    )


def _parents(axes: Axes) -> list[int | None]:
    return [axes.parent(stage) for stage in range(len(axes.stages))]


def _spread(rates: Tensor, observed: Tensor) -> Spread:
    """What S draws [S, C, G] of rates and of observed shares come to."""
    mean, error = rates.mean(dim=0), rates.std(dim=0, correction=0)
    lower_90, lower_50, upper_50, upper_90 = _quantiles(rates, (0.05, 0.25, 0.75, 0.95))
    chance = (observed - rates).square().nanmean(dim=0).sqrt()
    alpha, beta = moments(mean, error)
    results = (
        mean, lower_50, upper_50, lower_90, upper_90, error,
        torch.where(chance.isnan(), (mean * (1 - mean)).sqrt(), chance),
        _observable(observed, 0.05, "lower").nan_to_num(nan=0.0),
        _observable(observed, 0.95, "higher").nan_to_num(nan=1.0),
        alpha, beta,
    )  # fmt: skip
    return Spread(*(each.cpu().numpy() for each in results))


def _quantiles(draws: Tensor, levels: Sequence[float]) -> Tensor:
    return torch.quantile(draws, draws.new_tensor(levels), dim=0)


def _observable(observed: Tensor, level: float, interpolation: str) -> Tensor:
    """A quantile that can really be seen: head counts are whole numbers."""
    return torch.nanquantile(observed, level, dim=0, interpolation=interpolation)


def moments(mean: Tensor, error: Tensor) -> tuple[Tensor, Tensor]:
    """Alpha and beta of the Beta with that mean in (0, 1) and standard deviation.

    >>> alpha, beta = moments(torch.tensor([0.5]), torch.tensor([0.5 / 3**0.5]))
    >>> alpha.round(decimals=4).tolist(), beta.round(decimals=4).tolist()
    ([1.0], [1.0])
    """
    count = (mean * (1 - mean) / error.square().clamp(min=1e-300) - 1).clamp(1e-6, SUREST)
    return mean * count, (1 - mean) * count
