"""How far forecasts are trusted."""

import numpy as np
import pytest

from dramatis.core.trust import PRIOR, TOTALS, judge, learn_total, likelihood

CELLS = 80
NOTHING = np.zeros(CELLS)


def cells(rng: np.random.Generator, count: float, trials: float) -> tuple[np.ndarray, ...]:
    """Trials and successes of rates drawn around 0.2 as from Beta(0.2 count, 0.8 count)."""
    truth = rng.beta(0.2 * count, 0.8 * count, CELLS)
    n = np.full(CELLS, trials)
    return n, rng.binomial(n.astype(int), truth).astype(float)


def test_without_evidence_the_prior_stands() -> None:
    half = np.full(CELLS, 0.5)
    trusted = judge(likelihood(half, half, NOTHING, NOTHING), True)
    np.testing.assert_allclose(trusted.probability.sum(axis=0), PRIOR)
    np.testing.assert_allclose(trusted.probability.sum(axis=1), 1 / len(TOTALS))
    assert trusted.quantile(0.05) == 0.0
    assert trusted.quantile(0.95) > 1e4


def test_by_hand_one_success_in_one_trial() -> None:
    """The chance of it is the rate itself: w f + (1 - w) g, whatever m."""
    one = np.ones(1)
    found = likelihood(0.5 * one, 0.1 * one, one, one)
    np.testing.assert_allclose(np.exp(found[0]), [0.1, 0.2, 0.3, 0.4, 0.5])
    np.testing.assert_allclose(found, np.broadcast_to(found[0], found.shape), atol=1e-6)


def test_nothing_forecast_is_worth_nothing() -> None:
    n, s = cells(np.random.default_rng(1), 100.0, 50.0)
    trusted = judge(likelihood(NOTHING + 0.2, NOTHING + 0.2, n, s), False)
    assert trusted.weight == trusted.quantile(0.95) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_the_interval_holds_the_scatter_of_reality(seed: int) -> None:
    """100 trials, where what pooling says is far off: w is 1."""
    n, s = cells(np.random.default_rng(seed), 100.0, 2_000.0)
    trusted = judge(likelihood(NOTHING + 0.2, NOTHING + 0.6, n, s), True)
    assert trusted.quantile(0.025) <= 100 <= trusted.quantile(0.975)
    assert learn_total(NOTHING + 0.2, n, s) == pytest.approx(100, rel=0.5)


def test_candidates_are_a_distribution() -> None:
    n, s = cells(np.random.default_rng(9), 100.0, 20.0)
    trusted = judge(likelihood(NOTHING + 0.2, NOTHING + 0.3, n, s), True)
    assert sum(chance for chance, _, _ in trusted.candidates()) == pytest.approx(1.0)
