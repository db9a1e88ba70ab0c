"""Whether rates foretold for single recipients come true on average.

Recipients are put into ten equal groups by the rate foretold; the expected calibration error is
the mean distance, over groups, between what was foretold and what happened (Naeini, Cooper and
Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dramatis.cli.backtest.arrays import Floats
from dramatis.cli.backtest.ports import Decisions, Forecast
from dramatis.cli.backtest.spec import Stage

GROUPS = 10


@dataclass(frozen=True)
class Calibration:
    """How far foretold rates are from what happened.

    Attributes:
        error: expected calibration error, in [0, 1].
        chance: the same of a forecast whose groups are right: what the draw alone brings.
    """

    error: float
    chance: float


def calibration(foretold: Floats, answered: Floats) -> Calibration:
    """Compares rates [R] in [0, 1] with answers [R] of 0 and 1; nan figures when R is 0.

    >>> calibration(np.array([0.0, 1.0]), np.array([0.0, 1.0])).error
    0.0
    """
    if not len(foretold):
        return Calibration(np.nan, np.nan)
    order = np.argsort(foretold, kind="stable")
    groups = [rows for rows in np.array_split(order, GROUPS) if len(rows)]
    share = np.array([len(rows) for rows in groups]) / len(order)
    expected = np.array([foretold[rows].mean() for rows in groups])
    observed = np.array([answered[rows].mean() for rows in groups])
    spread = np.sqrt(2 / np.pi * observed * (1 - observed) / (share * len(order)))
    return Calibration(float(share @ np.abs(expected - observed)), float(share @ spread))


def mixed(forecasts: Sequence[Forecast], decisions: Decisions, stage: Stage, arms: int) -> Floats:
    """[R, A] rates of recipients at a stage: those of their personas, mixed as they are.

    An arm that some persona has no forecast for is nan for everyone.
    """
    column = {persona: k for k, persona in enumerate(decisions.persona_ids)}
    rates = np.full((len(column), arms), np.nan)
    for forecast in forecasts:
        if forecast.stage == stage and forecast.persona_id in column:
            rates[column[forecast.persona_id], forecast.arm] = forecast.rate
    found: Floats = decisions.membership @ rates
    return found
