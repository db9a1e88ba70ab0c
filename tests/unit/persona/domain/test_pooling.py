import numpy as np
import pytest
from scipy.special import expit

from bench.support.pooling_measures import coverage, excess_loss, ours
from bench.support.pooling_truths import FORMS, draw
from dramatis.persona.domain import pooling


def test_before_any_data_rates_are_typical_and_unsure() -> None:
    none = np.zeros((2, 3))
    found = pooling.fit(none, none, 0.1)
    np.testing.assert_allclose(found.rates, 0.1)
    assert (found.errors > 0.1).all()


def test_equal_cells_are_all_as_they_were_seen() -> None:
    found = pooling.fit(np.full((3, 4), 1e4), np.full((3, 4), 2e3), 0.1)
    np.testing.assert_allclose(found.rates, 0.2, atol=1e-3)


def test_an_empty_cell_is_what_its_row_and_column_say() -> None:
    """Logits add up over 8 x 8 cells of 10^5 trials; the last was never sent."""
    steps = np.linspace(-1, 1, 8)
    rates = expit(-2 + steps[:, None] + steps)
    trials = np.full(rates.shape, 1e5)
    trials[-1, -1] = 0
    found = pooling.fit(trials, trials * rates, 0.2)
    assert found.rates[-1, -1] == pytest.approx(0.5, abs=0.02)
    assert found.errors[-1, -1] > 1.1 * found.errors[-1, -2]


def test_a_cell_apart_does_not_follow_its_own_responses() -> None:
    trials, successes = np.full((6, 6), 200.0), np.full((6, 6), 20.0)
    successes[2, 3] = 150
    found = pooling.fit(trials, successes, 0.1)
    assert found.apart[2, 3] < found.rates[2, 3] < 0.75


@pytest.mark.parametrize("form", FORMS)
def test_pooled_posteriors_beat_single_cells_and_know_what_they_do_not(form: str) -> None:
    """Below half the excess log-loss of unpooled rates; 90 % intervals hold 85 to 97 %."""
    cells = draw(FORMS[form], 7, 32, 100)
    found = ours(cells)
    alone = (cells.successes + 0.1) / (cells.trials + 1)
    assert excess_loss(cells.rates, found.rates) < 0.5 * excess_loss(cells.rates, alone)
    assert 0.85 < coverage(cells.rates, found) < 0.97
