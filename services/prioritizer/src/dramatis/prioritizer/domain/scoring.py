"""Scores, best first.

The score of a campaign for a recipient is the mean over the personas, weighted by membership, of
what the campaign gains over silence, net of cost, as the plan lets it count, times its priority.
With hard membership that is the source formula: closest persona, response rate, times value.

Letters: R recipients, P personas, C candidates, n ranked campaigns.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats, Indices
from dramatis.prioritizer.domain.tables import BASELINE, RATE, SCORE, VALUE, VARIANCE, Tables

Z_90: Final = 1.6448536269514722
"""Half width of a central 90 % interval in standard deviations."""


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Campaigns best first.

    Attributes:
        columns: [R, n] places in the tables.
        score, value, baseline, rate, lower, upper: [R, n], see the contract's RankedCampaign.
    """

    columns: Indices
    score: Floats
    value: Floats
    baseline: Floats
    rate: Floats
    lower: Floats
    upper: Floats


def rank(tables: Tables, columns: Indices, memberships: Floats, top_n: int) -> Ranking:
    """The best campaigns of each recipient.

    Args:
        tables: the tenant's.
        columns: [C] places of the candidates; C >= 1.
        memberships: [R, P] probabilities.
        top_n: at most so many.
    """
    count, everything = len(memberships), len(columns) == len(tables.campaigns)
    parts = tables.parts if everything else tables.parts[:, :, columns]
    means = parts[:, :VARIANCE].reshape(len(parts), -1)
    mixed = (memberships @ means).reshape(count, VARIANCE, -1)
    score = mixed[:, SCORE]
    if top_n == 1:
        order = score.argmax(axis=1)[:, None]
    else:
        order = np.argsort(-score, axis=1, kind="stable")[:, :top_n]
    spread = (memberships**2) @ parts[:, VARIANCE]
    best = np.take_along_axis(mixed, order[:, None, :], axis=2)
    variance = np.take_along_axis(spread, order, axis=1)
    lower, upper = interval(best[:, RATE], variance)
    return Ranking(
        columns=columns[order],
        score=best[:, SCORE],
        value=best[:, VALUE],
        baseline=best[:, BASELINE],
        rate=best[:, RATE],
        lower=lower,
        upper=upper,
    )


def repeat(ranking: Ranking, count: int) -> Ranking:
    """The ranking of one recipient for `count` of them."""
    return Ranking(
        **{name: getattr(ranking, name).repeat(count, axis=0) for name in Ranking.__slots__}
    )


def interval(rate: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """90 % interval of rates from mean and variance: normal on the logit scale, so inside (0, 1).

    >>> lower, upper = interval(np.array([0.5]), np.array([0.0025]))
    >>> lower.round(4), upper.round(4)
    (array([0.4185]), array([0.5815]))
    """
    inside = np.clip(rate, 1e-12, 1 - 1e-12)
    odds = inside / (1 - inside)
    factor = np.exp(np.minimum(Z_90 * np.sqrt(variance) / (inside * (1 - inside)), 30.0))
    return _share(odds / factor), _share(odds * factor)


def _share(odds: Floats) -> Floats:
    result: Floats = odds / (1 + odds)
    return result
