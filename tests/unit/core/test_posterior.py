"""Forecast meets evidence."""

import numpy as np
import pytest

from dramatis.core.campaign import CONTROL, Stage
from dramatis.core.evidence import Axes, EvidenceCounts
from dramatis.core.forecast import ForecastTable
from dramatis.core.posterior import Flat, amount_dispersion, update

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


def flat(rate: float, shape: tuple[int, int, int], amount: float = 0.0) -> Flat:
    """Every cell alike, and sure of it."""
    rates = np.full(shape, rate)
    return Flat(rates, np.zeros(shape), rates, np.full(shape[:2], amount))


def test_the_mean_lies_between_forecast_and_evidence() -> None:
    f, n, s = np.full((1, 2, 1), 0.5), np.full((1, 2, 1), 10.0), np.full((1, 2, 1), 2.0)
    table = update(flat(0.5, f.shape), evidence(n, s), forecast(f))
    assert ((table.rates > 0.2) & (table.rates < 0.5)).all()


def test_without_evidence_a_forecast_counts_seven_tenths_of_the_mixture() -> None:
    """1/2 x 1 + 1/8 x (3/4 + 1/2 + 1/4) = 11/16 of the way from 0.1 to the forecast."""
    f = np.random.default_rng(0).uniform(0.2, 0.9, (3, 2, 1))
    none = np.zeros(f.shape)
    table = update(flat(0.1, f.shape), evidence(none, none), forecast(f, 30.0))
    np.testing.assert_allclose(table.rates, 0.1 + 11 / 16 * (f - 0.1))
    np.testing.assert_allclose(table.amount_mean, 30.0)


def test_a_stage_without_evidence_is_trusted_as_the_others_are() -> None:
    """Visits were forecast wrong: what is forecast of conversions has little say either."""
    axes = Axes(("a", CONTROL), (Stage.VISIT, Stage.CONVERT), (None, None))
    f = np.full((PERSONAS, 2, 2), 0.6)
    n, s = np.zeros(f.shape), np.zeros(f.shape)
    n[..., 0], s[..., 0] = 500, 50
    blank = np.zeros(f.shape[:2])
    counts = EvidenceCounts(axes, n, s, blank, blank, blank)
    told = ForecastTable(
        "sim", "set", tuple(f"p{k}" for k in range(PERSONAS)), axes, f, np.zeros(f.shape), blank,
        blank, np.ones(2, bool),
    )  # fmt: skip
    table = update(flat(0.1, f.shape), counts, told)
    np.testing.assert_allclose(table.rates[..., 1], 0.1, atol=0.01)
    np.testing.assert_allclose(table.forecast_weights, 0.0)


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.3, 0.9])
def test_a_million_simulated_rows_move_ten_thousand_real_ones_no_more_than_the_cap(
    rate: float,
) -> None:
    """Every other cell is exactly as forecast: the forecast has earned all trust, but for one.

    The forecast is the share of 10^6 simulated rows, a million or a thousand alike.
    """
    rng = np.random.default_rng(6)
    f = rng.uniform(0.05, 0.4, (PERSONAS, 2, 1))
    n = np.full(f.shape, 1e4)
    s = n * f
    s[0, 0, 0] = 1e4 * rate
    simulated = rng.binomial(1_000_000, f) / 1e6
    with_it = update(flat(0.2, f.shape), evidence(n, s), forecast(simulated)).rates[0, 0, 0]
    without = update(flat(0.2, f.shape), evidence(n, s), None).rates[0, 0, 0]
    assert abs(with_it - without) <= 0.01


def test_pooling_beats_both_forecast_and_raw_rates() -> None:
    f, truth, n, s = cells(np.random.default_rng(3), 1 / 100, 100)
    pooled = update(flat(0.5, f.shape), evidence(n, s), forecast(f)).rates

    def off(guess: np.ndarray) -> float:
        return float(((guess - truth) ** 2).mean())

    assert off(pooled) < 0.8 * min(off(f), off(s / n))


def test_amounts_shrink_to_their_forecast() -> None:
    some = np.zeros((1, 2))
    some[0, 0] = 60.0
    table = update(
        flat(0.5, (1, 2, 1)),
        evidence(np.ones((1, 2, 1)), np.ones((1, 2, 1)), some),
        forecast(np.full((1, 2, 1), 0.5), 30.0),
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
        update(flat(0.5, (1, 2, 1)), counts, forecast(np.full((1, 2, 1), 0.5)))


def test_what_the_forecast_does_not_know_is_not_known_after() -> None:
    """All cells as forecast: m is large, and the width is the forecast's own."""
    f, _, n, s = cells(np.random.default_rng(4), 0.0, 500)
    sure, doubtful = (
        update(flat(0.5, f.shape), evidence(n, s), forecast(f, error=e)) for e in (0.0, 0.01)
    )
    np.testing.assert_allclose(doubtful.rates, sure.rates)
    total = doubtful.alpha + doubtful.beta
    error = np.sqrt(doubtful.rates * (1 - doubtful.rates) / (total + 1))
    assert ((error > 0.009) & (error < 0.013)).all()


def test_much_evidence_overcomes_a_doubtful_forecast() -> None:
    f, _, _, _ = cells(np.random.default_rng(5), 0.0, 1)
    n, s = np.full(f.shape, 1e6), np.full(f.shape, 3e5)
    table = update(flat(0.5, f.shape), evidence(n, s), forecast(f, error=0.1))
    np.testing.assert_allclose(table.rates, 0.3, atol=1e-4)
    assert (table.alpha + table.beta > 1e5).all()
