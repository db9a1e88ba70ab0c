"""How well the forecast of each persona, arm and stage agreed with the judging half.

A cell is one persona under one arm at one binary stage. Recipients belong to personas by their
mixture, so a cell's observed share is a weighted mean and its size the effective number
n = (sum m)^2 / sum m^2. Given a forecast Beta(a, b), the count in n trials is beta-binomial: an
interval that is right holds both what is unsure about the rate and the chance in n draws.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import betabinom

from dramatis.cli.backtest.arrays import Floats
from dramatis.cli.backtest.ports import Decisions, Forecast, Responses
from dramatis.cli.backtest.spec import Stage

LEAST_TRIALS = 10
TAIL = 0.05


@dataclass(frozen=True)
class Cell:
    """One forecast beside what happened.

    Attributes:
        forecast: of the rate.
        trials: effective number of recipients, rounded.
        observed: weighted share that responded, in [0, 1].
        lower: 5 % quantile of the share that the forecast expects in `trials`.
        upper: 95 % quantile of the same.
        inside: how much of the outcome's probability integral lies in [0.05, 0.95], in [0, 1].
    """

    forecast: Forecast
    trials: int
    observed: float
    lower: float
    upper: float
    inside: float


@dataclass(frozen=True)
class Score:
    """Agreement over all cells with at least 10 effective recipients.

    Attributes:
        coverage: mean of `inside`: 0.90 when the intervals are right, also for small counts.
        coverage_closed: share of cells whose observed share lies within [lower, upper]; above
            0.90 even for a perfect forecast of small counts, since counts are whole numbers.
        n: cells.
        error: mean absolute difference of rate and observed share, weighted by trials.
        chance: the same of a forecast that knew each cell's rate: what no forecast can avoid.
    """

    coverage: float
    coverage_closed: float
    n: int
    error: float
    chance: float


def compare(
    forecasts: Sequence[Forecast],
    decisions: Decisions,
    responses: Responses,
    outcomes: Mapping[Stage, str],
) -> tuple[Cell, ...]:
    """Cells that can be judged, in the order of the forecasts.

    Args:
        forecasts: of rates and amounts; amounts and unsupported ones are passed over.
        decisions: for the persona mixtures of the judged recipients.
        responses: of the same recipients.
        outcomes: name of the outcome of each binary stage.
    """
    column = {persona: k for k, persona in enumerate(decisions.persona_ids)}
    cells = []
    for forecast in forecasts:
        judged = forecast.supported and forecast.stage in outcomes
        if not judged or forecast.persona_id not in column:
            continue
        got = responses.arm == forecast.arm
        member = decisions.membership[got, column[forecast.persona_id]]
        answered = responses.outcomes[outcomes[forecast.stage]][got]
        trials, observed = weighted_share(member, answered)
        if trials >= LEAST_TRIALS:
            cells.append(judge(forecast, trials, observed))
    return tuple(cells)


def weighted_share(member: Floats, answered: Floats) -> tuple[int, float]:
    """Effective number of recipients, and the share of them that answered.

    >>> weighted_share(np.array([1.0, 1.0, 0.5, 0.5]), np.array([1.0, 0.0, 1.0, 0.0]))
    (4, 0.5)
    """
    total = member.sum()
    if total <= 0:
        return 0, 0.0
    return round(float(total**2 / (member**2).sum())), float(member @ answered / total)


def judge(forecast: Forecast, trials: int, observed: float) -> Cell:
    """One cell; see `pit_inside` for what `inside` means."""
    rate = min(max(forecast.rate, 1e-9), 1 - 1e-9)
    strength = max(forecast.strength, 1e-6)
    count = betabinom(trials, rate * strength, (1 - rate) * strength)
    lower, upper = (float(q) / trials for q in count.ppf([TAIL, 1 - TAIL]))
    seen = round(observed * trials)
    inside = pit_inside(float(count.cdf(seen - 1)), float(count.cdf(seen)))
    return Cell(forecast, trials, observed, lower, upper, inside)


def pit_inside(below: float, upto: float) -> float:
    """Share of the probability integral transform of one count that lies in [0.05, 0.95].

    A count has no single quantile: given the forecast's P(X < x) and P(X <= x), its transform is
    spread evenly between the two (the non-randomised transform of Czado, Gneiting and Held 2009,
    "Predictive model assessment for count data"). A right forecast thus covers 90 % exactly,
    where a closed interval of whole counts covers more.

    >>> round(pit_inside(0.0, 0.1), 3), pit_inside(0.2, 0.4), pit_inside(0.97, 1.0)
    (0.5, 1.0, 0.0)
    """
    width = upto - below
    if width <= 0:
        return float(TAIL <= upto <= 1 - TAIL)
    overlap = min(upto, 1 - TAIL) - max(below, TAIL)
    return max(overlap, 0.0) / width


def score(cells: Sequence[Cell]) -> Score:
    """Agreement over all cells; nan figures when there is none."""
    if not cells:
        return Score(np.nan, np.nan, 0, np.nan, np.nan)
    trials = np.array([c.trials for c in cells], np.float64)
    observed = np.array([c.observed for c in cells])
    gap = np.abs(np.array([c.forecast.rate for c in cells]) - observed)
    closed = [
        c.lower - 1e-12 <= round(c.observed * c.trials) / c.trials <= c.upper + 1e-12 for c in cells
    ]
    spread = np.sqrt(2 / np.pi * observed * (1 - observed) / trials)
    return Score(
        coverage=float(np.mean([c.inside for c in cells])),
        coverage_closed=float(np.mean(closed)),
        n=len(cells),
        error=float(np.average(gap, weights=trials)),
        chance=float(np.average(spread, weights=trials)),
    )
