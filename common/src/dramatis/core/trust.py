"""How many real trials a forecast is worth, learned from how it did.

A cell's rate is drawn around w f + (1 - w) g, where f is the forecast and g what evidence alone
would have said of the cell, as from a Beta distribution with total count m. The forecast is then
worth w m real trials: nothing where the simulator says less than the evidence of other cells
does (w = 0), much where reality scatters around its forecasts no more than chance does. The
posterior over (w, m) on a grid comes from the beta-binomial likelihood of the evidence (Gelman et
al., Bayesian Data Analysis, 3rd edition, section 5.3).

Prior: m is log-uniform over `TOTALS`. Before it was ever tried a forecast stands, with even odds,
for itself alone (w = 1), and with even odds for some smaller share, all alike.

N cells, K totals, W shares.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import betaln

from dramatis.core.arrays import Floats, Indices

TOTALS: Final[Floats] = np.geomspace(1.0, 1e6, 61)
"""[K] candidates of m."""
SHARES: Final[Floats] = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
"""[W] candidates of w."""
PRIOR: Final[Floats] = np.array([0.125, 0.125, 0.125, 0.125, 0.5])
"""[W] their probability before any evidence."""
MOST_CELLS: Final = 4_093
"""Cells that the likelihood is made of: evenly spaced ones where there are more. A prime, so that
they are of all campaigns."""
NEGLIGIBLE: Final = 0.005
"""Candidates less probable than this share of the likeliest are left out."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What is believed of m and w.

    Attributes:
        probability: [K, W], sums to 1.
    """

    probability: Floats

    @property
    def weight(self) -> float:
        """Real trials that the forecast is worth: the median of w m."""
        return self.quantile(0.5)

    def quantile(self, level: float) -> float:
        """The least w m that is not below so much of the probability, level in (0, 1)."""
        worth = (TOTALS[:, None] * SHARES).ravel()
        order = np.argsort(worth, kind="stable")
        below = np.cumsum(self.probability.ravel()[order])
        return float(worth[order][np.searchsorted(below, min(level, below[-1]))])

    def candidates(self) -> list[tuple[float, float, float]]:
        """(probability, m, w) of those that matter; the probabilities sum to 1."""
        held = np.argwhere(self.probability >= NEGLIGIBLE * self.probability.max())
        part = self.probability[tuple(held.T)]
        return [
            (float(p), float(TOTALS[k]), float(SHARES[w]))
            for p, (k, w) in zip(part / part.sum(), held, strict=True)
        ]


def judge(likelihood: Floats, forecast: bool) -> Trust:
    """The posterior from a log-likelihood.

    Args:
        likelihood: [K, W] of the evidence.
        forecast: whether anything was forecast; else w is 0.
    """
    prior = PRIOR if forecast else np.eye(len(SHARES))[0]
    chance = np.exp(likelihood - likelihood[:, prior > 0].max()) * prior
    return Trust(chance / chance.sum())


def likelihood(forecast: Floats, pooled: Floats, trials: Floats, successes: Floats) -> Floats:
    """[K, W] log-likelihood of the evidence; zero where there is none.

    Args:
        forecast: [N] in (0, 1).
        pooled: [N] in (0, 1), made without the cell's own evidence.
        trials, successes: [N].
    """
    seen = _seen(trials)
    f, g, n, s = (each[seen] for each in (forecast, pooled, trials, successes))
    table = np.zeros((len(TOTALS), len(SHARES)))
    for at, share in enumerate(SHARES):
        table[:, at] = _of_totals(share * f + (1 - share) * g, n, s)
    return table


def learn_total(rates: Floats, trials: Floats, successes: Floats) -> float:
    """The likeliest m where rates scatter around `rates`; the largest without evidence."""
    seen = _seen(trials)
    found = _of_totals(rates[seen], trials[seen], successes[seen])
    return float(TOTALS[len(TOTALS) - 1 - found[::-1].argmax()])


def _seen(trials: Floats) -> Indices:
    """Numbers of cells with evidence, at most `MOST_CELLS`."""
    seen = np.flatnonzero(trials > 0)
    every: Indices = np.linspace(0, len(seen) - 1, min(len(seen), MOST_CELLS)).astype(int)
    some: Indices = seen[every]
    return some


def _of_totals(rates: Floats, trials: Floats, successes: Floats) -> Floats:
    """[K] log-likelihood of the evidence in each total."""
    alpha, beta = TOTALS[:, None] * rates, TOTALS[:, None] * (1 - rates)
    failures = trials - successes
    found: Floats = (betaln(alpha + successes, beta + failures) - betaln(alpha, beta)).sum(axis=1)
    return found
