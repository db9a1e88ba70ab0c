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
from dramatis.prioritizer.domain.tables import LAYERS, RATE, SCORE, Tables

Z_90: Final = 1.6448536269514722
"""Half width of a central 90 % interval in standard deviations."""


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Campaigns best first.

    Attributes:
        columns: [R, n] places in the tables.
        figures: [R, n, 6] score, value, baseline, rate and the ends of the rate's 90 % interval;
            see the contract's RankedCampaign.
    """

    columns: Indices
    figures: Floats

    @property
    def score(self) -> Floats:
        """[R, n] in currency units."""
        return self.figures[:, :, SCORE]


def rank(tables: Tables, columns: Indices, memberships: Floats, top_n: int) -> Ranking:
    """The best campaigns of each recipient.

    Args:
        tables: the tenant's.
        columns: [C] places of the candidates, rising; C >= 1.
        memberships: [R, P] probabilities.
        top_n: at most so many.
    """
    means, variances = tables.means, tables.variance
    if len(columns) < len(tables.campaigns):
        means, variances = means[:, :, columns], variances[:, columns]
    mixed = memberships @ means.reshape(len(means), -1)
    mixed = mixed.reshape(len(memberships), LAYERS, -1)
    score = mixed[:, SCORE]
    if top_n == 1:
        order = score.argmax(axis=1)[:, None]
    else:
        order = np.argsort(-score, axis=1, kind="stable")[:, :top_n]
    rows = np.arange(len(memberships))[:, None]
    figures = np.empty((*order.shape, LAYERS + 2))
    figures[:, :, :LAYERS] = mixed[rows, :, order]
    variance = ((memberships * memberships) @ variances)[rows, order]
    lower, upper = interval(figures[:, :, RATE], variance)
    figures[:, :, LAYERS] = lower
    figures[:, :, LAYERS + 1] = upper
    return Ranking(columns[order], figures)


def repeat(ranking: Ranking, count: int) -> Ranking:
    """The ranking of one recipient for `count` of them."""
    return Ranking(ranking.columns.repeat(count, axis=0), ranking.figures.repeat(count, axis=0))


def interval(rate: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """90 % interval of rates from mean and variance: normal on the logit scale, so inside (0, 1).

    >>> lower, upper = interval(np.array([0.5]), np.array([0.0025]))
    >>> lower.round(4), upper.round(4)
    (array([0.4185]), array([0.5815]))
    """
    inside = np.minimum(np.maximum(rate, 1e-12), 1 - 1e-12)
    odds = inside / (1 - inside)
    factor = np.exp(np.minimum(Z_90 * np.sqrt(variance) / (inside * (1 - inside)), 30.0))
    return _share(odds / factor), _share(odds * factor)


def _share(odds: Floats) -> Floats:
    result: Floats = odds / (1 + odds)
    return result
