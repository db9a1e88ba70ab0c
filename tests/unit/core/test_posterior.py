"""Forecast meets evidence."""

import numpy as np
import pytest

from dramatis.core.campaign import CONTROL, Stage
from dramatis.core.evidence import Axes, EvidenceCounts
from dramatis.core.forecast import ForecastTable
from dramatis.core.posterior import WEIGHTS, amount_dispersion, learn_weight, update

AXES = Axes(("a", CONTROL), (Stage.VISIT,), (None,))
PERSONAS = 40


def evidence(
    trials: np.ndarray, successes: np.ndarray, amounts: np.ndarray | None = None
) -> EvidenceCounts:
    empty = np.zeros(trials.shape[:2])
    some = empty if amounts is None else amounts
    return EvidenceCounts(AXES, trials, successes, np.sign(some), some, some**2)


def forecast(rates: np.ndarray, amount: float = 0.0, error: float = 0.0) -> ForecastTable:
    personas = tuple(f"p{k}" for k in range(rates.shape[0]))
    mean = np.full(rates.shape[:2], amount)
    doubt = np.full(rates.shape, error)
    return ForecastTable(
        "sim", "set", personas, AXES, rates, doubt, mean, mean / 10, np.ones(2, bool)
    )


def cells(rng: np.random.Generator, spread: float, trials: float) -> tuple[np.ndarray, ...]:
    """Rates around a forecast of 0.2, and what was seen of them."""
    f = np.full((PERSONAS, 2, 1), 0.2)
    truth = f if spread == 0 else rng.beta(0.2 / spread, 0.8 / spread, f.shape)
    n = np.full(f.shape, trials)
    return f, truth, n, rng.binomial(n.astype(int), truth).astype(float)


def test_the_mean_lies_between_forecast_and_evidence() -> None:
    f, n, s = np.full((1, 2, 1), 0.5), np.full((1, 2, 1), 10.0), np.full((1, 2, 1), 2.0)
    table = update(forecast(f), evidence(n, s))
    m = table.forecast_weights[0]
    np.testing.assert_allclose(table.rates, (m * 0.5 + 2) / (m + 10))
    np.testing.assert_allclose(table.alpha + table.beta, m + 10)


def test_without_evidence_the_forecast_stands() -> None:
    f = np.random.default_rng(0).uniform(0.1, 0.9, (3, 2, 1))
    none = np.zeros(f.shape)
    table = update(forecast(f, 30.0), evidence(none, none))
    np.testing.assert_allclose(table.rates, f)
    np.testing.assert_allclose(table.amount_mean, 30.0)


def test_a_good_simulator_is_trusted_and_a_bad_one_is_not() -> None:
    rng = np.random.default_rng(1)
    f, _, n, s = cells(rng, 0.0, 500)
    right = learn_weight(f.ravel(), n.ravel(), s.ravel())
    wrong = learn_weight(np.full(f.size, 0.6), n.ravel(), s.ravel())
    assert right > 1e4
    assert wrong < 5


def test_the_weight_finds_the_scatter_of_reality() -> None:
    """Beta(20, 80) around 0.2 is worth 100 trials: found within a factor of 2 on 80 cells."""
    f, _, n, s = cells(np.random.default_rng(2), 1 / 100, 2_000)
    assert 50 < learn_weight(f.ravel(), n.ravel(), s.ravel()) < 200


def test_pooling_beats_both_forecast_and_raw_rates() -> None:
    f, truth, n, s = cells(np.random.default_rng(3), 1 / 100, 100)
    pooled = update(forecast(f), evidence(n, s)).rates

    def off(guess: np.ndarray) -> float:
        return float(((guess - truth) ** 2).mean())

    assert off(pooled) < 0.8 * min(off(f), off(s / n))


def test_no_evidence_at_all_gives_the_least_weight() -> None:
    assert learn_weight(np.array([0.5]), np.array([0.0]), np.array([0.0])) == WEIGHTS[0]


def test_amounts_shrink_to_their_forecast() -> None:
    some = np.zeros((1, 2))
    some[0, 0] = 60.0
    table = update(
        forecast(np.full((1, 2, 1), 0.5), 30.0),
        evidence(np.ones((1, 2, 1)), np.ones((1, 2, 1)), some),
    )
    assert 30 < table.amount_mean[0, 0] < 60
    assert table.amount_mean[0, 1] == pytest.approx(30)


def test_dispersion_of_amounts_by_hand() -> None:
    """Amounts 10 and 30: mean 20, squared deviations 200 over 1 degree of freedom, 200 / 400."""
    count, total, square = (np.array([[each, 0.0]]) for each in (2.0, 40.0, 1000.0))
    three = np.zeros((1, 2, 1))
    assert amount_dispersion(
        EvidenceCounts(AXES, three, three, count, total, square)
    ) == pytest.approx(0.5)


def test_forecast_and_evidence_of_different_campaigns_never_meet() -> None:
    other = Axes((CONTROL,), (Stage.VISIT,), (None,))
    none = np.zeros((1, 1, 1))
    counts = EvidenceCounts(other, none, none, none[..., 0], none[..., 0], none[..., 0])
    with pytest.raises(ValueError, match="met evidence"):
        update(forecast(np.full((1, 2, 1), 0.5)), counts)


def test_what_the_forecast_does_not_know_is_not_known_after() -> None:
    """All cells as forecast: m is large, and the width is the forecast's own."""
    f, _, n, s = cells(np.random.default_rng(4), 0.0, 500)
    sure, doubtful = (update(forecast(f, error=e), evidence(n, s)) for e in (0.0, 0.01))
    np.testing.assert_allclose(doubtful.rates, sure.rates)
    total = doubtful.alpha + doubtful.beta
    error = np.sqrt(doubtful.rates * (1 - doubtful.rates) / (total + 1))
    assert ((error > 0.009) & (error < 0.013)).all()


def test_much_evidence_overcomes_a_doubtful_forecast() -> None:
    f, _, _, _ = cells(np.random.default_rng(5), 0.0, 1)
    n, s = np.full(f.shape, 1e6), np.full(f.shape, 3e5)
    table = update(forecast(f, error=0.1), evidence(n, s))
    np.testing.assert_allclose(table.rates, 0.3, atol=1e-4)
    assert (table.alpha + table.beta > 1e5).all()
