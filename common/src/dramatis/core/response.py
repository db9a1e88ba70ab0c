"""What we believe of every persona's response to every campaign, and what that is worth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.campaign import CONTROL, MICROS, Campaign, Stage
from dramatis.core.evidence import Axes


@dataclass(frozen=True, slots=True)
class ResponseTable:
    """Posteriors of response: a Beta per persona, campaign and stage, and amounts.

    Attributes:
        axes: C campaigns and G stages.
        alpha, beta: [P, C, G] counts of the Beta distributions, > 0.
        amount_mean: [P, C] mean amount of a conversion in currency units.
        amount_error: [P, C] standard error of that mean.
        forecast_weights: [G] real trials that a forecast is worth; 0 where there is none.
        forecast_weights_lower, forecast_weights_upper: [G] the 90 % interval around them.
        amount_forecast_weight: the same for amounts, in conversions.
    """

    axes: Axes
    alpha: Floats
    beta: Floats
    amount_mean: Floats
    amount_error: Floats
    forecast_weights: Floats
    forecast_weights_lower: Floats
    forecast_weights_upper: Floats
    amount_forecast_weight: float

    @property
    def rates(self) -> Floats:
        """[P, C, G] posterior means, each conditional on the stage before."""
        return self.alpha / (self.alpha + self.beta)


def reach(axes: Axes, rates: Floats) -> Floats:
    """[..., G] probability of getting as far as each stage, from conditional rates [..., G]."""
    reached = np.array(rates, dtype=float)
    for stage in range(len(axes.stages)):
        if (before := axes.parent(stage)) is not None:
            reached[..., stage] *= reached[..., before]
    return reached


def worth(axes: Axes, reached: Floats, amount_mean: Floats, campaign: Campaign) -> Floats:
    """Expected value of responses at one campaign's prices.

    Args:
        axes: names of the G stages.
        reached: [..., G] probability of each stage.
        amount_mean: [...] mean amount of a conversion.
        campaign: whose `values` price the responses.

    Returns:
        [...] in currency units; a stage that the table lacks is worth nothing.
    """
    total = np.zeros(reached.shape[:-1])
    for value in campaign.values:
        if value.stage in axes.stages:
            at = reached[..., axes.stages.index(value.stage)]
            price = value.value_micros / MICROS
            share = value.amount_share * amount_mean if value.stage is Stage.CONVERT else 0.0
            total = total + at * (price + share)
    return total


@dataclass(frozen=True, slots=True)
class Worth:
    """What sending and not sending is expected to bring, per persona and campaign.

    Attributes:
        value: [..., K] of sending each of the K campaigns, before its cost.
        baseline: [..., K] of not sending, at the same campaign's prices.
        cost: [K] of a send.
    """

    value: Floats
    baseline: Floats
    cost: Floats

    @property
    def gain(self) -> Floats:
        """[..., K] of sending over not sending, net of its cost, in currency units."""
        return self.value - self.baseline - self.cost


def appraise(
    axes: Axes, rates: Floats, amount_mean: Floats, campaigns: Sequence[Campaign]
) -> Worth:
    """What each of K campaigns is worth where `rates` are the truth.

    Args:
        axes: names of the C campaigns and G stages; all K campaigns and `CONTROL` are in it.
        rates: [..., C, G] conditional rates, of one table or of many draws.
        amount_mean: [..., C] mean amount of a conversion.
        campaigns: the K campaigns.
    """
    reached = reach(axes, rates)
    nothing = axes.campaign_ids.index(CONTROL)
    columns = [axes.campaign_ids.index(campaign.campaign_id) for campaign in campaigns]

    def column(at: int, campaign: Campaign) -> Floats:
        return worth(axes, reached[..., at, :], amount_mean[..., at], campaign)

    empty = np.zeros((*rates.shape[:-2], 0))
    pairs = list(zip(columns, campaigns, strict=True))
    value = np.stack([column(at, c) for at, c in pairs], -1) if pairs else empty
    baseline = np.stack([column(nothing, c) for _, c in pairs], -1) if pairs else empty
    return Worth(value, baseline, np.array([c.cost_micros / MICROS for c in campaigns]))
