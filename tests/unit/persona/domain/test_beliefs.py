from dataclasses import replace

import numpy as np
import pytest

from dramatis.core.campaign import CONTROL, Stage
from dramatis.core.evidence import Axes, EvidenceCounts
from dramatis.core.forecast import ForecastTable
from dramatis.persona.domain import beliefs

AXES = Axes(("a", "b", CONTROL), (Stage.VISIT, Stage.CONVERT), (None, Stage.VISIT))
IDS = ("p1", "p2")


def evidence(trials: float = 0.0) -> EvidenceCounts:
    shape = (2, 3, 2)
    blank = np.zeros((2, 3))
    return EvidenceCounts(AXES, np.full(shape, trials), np.full(shape, trials / 2), *[blank] * 3)


def test_before_any_data_rates_are_typical() -> None:
    table = beliefs.update(evidence(), IDS, None)
    np.testing.assert_allclose(table.rates[..., 0], 0.1)
    np.testing.assert_allclose(table.rates[..., 1], 0.05)
    assert (table.forecast_weights == 0).all()


def simulation(ids: tuple[str, ...], axes: Axes, rates: np.ndarray) -> ForecastTable:
    blank = np.zeros(rates.shape[:2])
    supported = np.ones(rates.shape[1], dtype=bool)
    return ForecastTable(
        "s", "set", ids, axes, rates, np.zeros(rates.shape), blank, blank, supported
    )


def test_a_campaign_that_came_after_the_simulation_rests_on_real_responses() -> None:
    old = Axes(("a", CONTROL), AXES.stages, AXES.given)
    rates = np.array([[[0.4, 0.4]] * 2, [[0.3, 0.3]] * 2])
    table = beliefs.update(evidence(), IDS, simulation(("p2", "p1"), old, rates))
    alone = beliefs.update(evidence(), IDS, None)
    assert 0.1 < table.rates[0, 0, 0] < table.rates[1, 0, 0] < 0.4
    np.testing.assert_allclose(table.rates[:, 1], alone.rates[:, 1])
    np.testing.assert_allclose(table.alpha[:, 1], alone.alpha[:, 1])


def test_an_unsupported_campaign_rests_on_real_responses() -> None:
    rates = np.full((2, 3, 2), 0.4)
    rates[:, 1] = np.nan
    forecast = replace(simulation(IDS, AXES, rates), supported=np.array([True, False, True]))
    table = beliefs.update(evidence(), IDS, forecast)
    np.testing.assert_allclose(table.rates[:, 1, 0], 0.1)
    assert np.isfinite(table.alpha).all()


def test_evidence_moves_and_narrows() -> None:
    few, many = (beliefs.update(evidence(n), IDS, None) for n in (10.0, 1000.0))
    assert (np.abs(many.rates - 0.5) < np.abs(few.rates - 0.5)).all()
    assert (many.alpha + many.beta > few.alpha + few.beta).all()


@pytest.mark.parametrize("trials", [0.0, 5.0])
def test_counts_stay_above_zero(trials: float) -> None:
    table = beliefs.update(evidence(trials), IDS, None)
    assert (table.alpha > 0).all()
    assert (table.beta > 0).all()
