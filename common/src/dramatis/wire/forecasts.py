"""Forecasts as records of the `forecasts` topic: one per persona and campaign.

P personas, C campaigns (`CONTROL` among them), G stages.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from dramatis.api.simulator.v1 import simulator_pb2 as pb
from dramatis.core.arrays import Floats
from dramatis.core.campaign import Stage
from dramatis.core.evidence import Axes
from dramatis.core.forecast import ForecastTable
from dramatis.wire.axes import to_axes
from dramatis.wire.campaigns import from_stage


@dataclass(frozen=True, slots=True)
class Spread:
    """Rates and how far off they may be, [P, C, G] each; names of the contract's StageForecast."""

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
class Origin:
    """What the forecasts of one simulation came from.

    Attributes:
        support_distance: [C] share of the stimulus' attribute values never observed, [0, 1].
        evidence_use: a number of the contract's EvidenceUse.
        seed: of the simulation.
    """

    support_distance: Floats
    evidence_use: int
    seed: int


def key(tenant: str, message: pb.Forecast) -> str:
    """The record's key in the topic."""
    return f"{tenant}/{message.persona_id}/{message.campaign_id}"


def from_forecasts(
    tenant: str, table: ForecastTable, stages: Spread, reaches: Spread, origin: Origin
) -> list[pb.Forecast]:
    """One message per persona and campaign, campaigns of a persona together.

    An unsupported campaign has no stages and no amount; an amount of 0 is one never seen.

    Args:
        tenant: whose they are.
        table: says what the axes are; its rates are those of `stages`.
        stages: rates of each stage given the one before.
        reaches: rates of each stage among all who got the campaign.
        origin: what they came from.
    """
    return [
        _message(tenant, table, (stages, reaches), origin, (p, c))
        for p in range(len(table.persona_ids))
        for c in range(len(table.axes.campaign_ids))
    ]


def _message(
    tenant: str,
    table: ForecastTable,
    spreads: tuple[Spread, Spread],
    origin: Origin,
    cell: tuple[int, int],
) -> pb.Forecast:
    (p, c), axes = cell, table.axes
    supported = bool(table.supported[c])
    message = pb.Forecast(
        tenant=tenant,
        simulation_id=table.simulation_id,
        persona_set_id=table.persona_set_id,
        persona_id=table.persona_ids[p],
        campaign_id=table.axes.campaign_ids[c],
        stages=_stages(axes, axes.given, spreads[0], cell) if supported else (),
        reaches=_stages(axes, (None,) * len(axes.stages), spreads[1], cell) if supported else (),
        outside_support=not supported,
        support_distance=float(origin.support_distance[c]),
        evidence_use=pb.EvidenceUse.ValueType(origin.evidence_use),
        seed=origin.seed,
        forecast_count=len(table.persona_ids) * len(table.axes.campaign_ids),
    )
    if supported and table.amount_mean[cell] > 0:
        message.amount_mean = float(table.amount_mean[cell])
        message.amount_error = float(table.amount_error[cell])
    return message


def _stages(
    axes: Axes, given: Sequence[Stage | None], spread: Spread, cell: tuple[int, int]
) -> Iterator[pb.StageForecast]:
    for g, (stage, before) in enumerate(zip(axes.stages, given, strict=True)):
        at = {one.name: float(getattr(spread, one.name)[*cell, g]) for one in fields(spread)}
        rate = at.pop("rates")
        yield pb.StageForecast(
            stage=from_stage(stage), given_stage=from_stage(before), rate=rate, **at
        )


def to_table(messages: Iterable[pb.Forecast]) -> ForecastTable | None:
    """The table that the messages of one simulation make; None until all of them are there.

    Args:
        messages: of one simulation, in any order; repeated ones count once.

    Returns:
        Personas and campaigns sorted by id; rates of unsupported campaigns are nan. Incomplete
        too where persona x campaign has gaps or stages differ.
    """
    cells = {(each.persona_id, each.campaign_id): each for each in messages}
    if not cells:
        return None
    personas = tuple(sorted({persona for persona, _ in cells}))
    campaigns = tuple(sorted({campaign for _, campaign in cells}))
    count = next(iter(cells.values())).forecast_count
    if len(cells) < count or len(cells) != len(personas) * len(campaigns):
        return None
    return _table(cells, personas, campaigns)


def _table(
    cells: Mapping[tuple[str, str], pb.Forecast],
    personas: tuple[str, ...],
    campaigns: tuple[str, ...],
) -> ForecastTable | None:
    grid = [[cells[persona, campaign] for campaign in campaigns] for persona in personas]
    axes = {_axes(campaigns, each) for row in grid for each in row if not each.outside_support}
    if len(axes) > 1:
        return None
    agreed = axes.pop() if axes else Axes(campaigns, (), ())
    blank = [np.nan] * len(agreed.stages)
    return ForecastTable(
        simulation_id=grid[0][0].simulation_id,
        persona_set_id=grid[0][0].persona_set_id,
        persona_ids=personas,
        axes=agreed,
        rates=_tensor(grid, blank, lambda stage: stage.rate),
        rate_error=_tensor(grid, blank, lambda stage: stage.parameter_error),
        amount_mean=np.array([[each.amount_mean for each in row] for row in grid]),
        amount_error=np.array([[each.amount_error for each in row] for row in grid]),
        supported=np.array([not each.outside_support for each in grid[0]], dtype=bool),
    )


def _axes(campaigns: Sequence[str], message: pb.Forecast) -> Axes:
    stages = [each.stage for each in message.stages]
    return to_axes(campaigns, stages, [each.given_stage for each in message.stages])


def _tensor(
    grid: Sequence[Sequence[pb.Forecast]],
    blank: list[float],
    read: Callable[[pb.StageForecast], float],
) -> Floats:
    """[P, C, G] one number of each stage; blank where there is no forecast."""
    cells = [[[read(s) for s in each.stages] or blank for each in row] for row in grid]
    shape = (len(grid), len(grid[0]), len(blank))
    return np.array(cells, dtype=float).reshape(shape)
