import numpy as np
import pytest
from scipy.stats import betabinom

from dramatis.core.campaign import Stage
from dramatis.simulator.domain.track_record import Case, covered, score


def case(alpha, beta, trials, successes, stage=Stage.VISIT):
    return Case(stage, alpha, beta, trials, successes)


def test_bias_is_weighted_by_trials():
    # Forecast 0.2 both times; reality 0.1 of 100 and 0.3 of 300: 0.25 x 0.1 + 0.75 x -0.1.
    [found] = score([case(20, 80, 100, 10), case(20, 80, 300, 90)])
    assert found.bias == pytest.approx(-0.05)
    assert found.forecast_count == 2


def test_a_forecast_of_the_overall_rate_gains_nothing():
    [found] = score([case(2e7, 8e7, 100, 20), case(2e7, 8e7, 100, 20)])
    assert found.log_score_gain == pytest.approx(0.0, abs=1e-6)


def test_a_forecast_that_tells_cells_apart_gains():
    sharp = score([case(100, 900, 100, 10), case(300, 700, 100, 30)])
    turned = score([case(300, 700, 100, 10), case(100, 900, 100, 30)])
    assert sharp[0].log_score_gain > 0.01
    assert turned[0].log_score_gain < -0.01


def test_coverage_is_that_of_the_beta_binomial():
    for trials in (10, 50, 400):
        low, high = betabinom(trials, 5.0, 20.0).ppf([0.05, 0.95])
        inside = [covered(5.0, 20.0, trials, k) for k in range(trials + 1)]
        assert inside == [low <= k <= high for k in range(trials + 1)]


def test_many_recipients_need_no_sum_over_them():
    low, high = betabinom(19_000, 50.0, 450.0).ppf([0.05, 0.95]) / 19_000
    for share, expected in ((low - 0.002, False), (low + 0.002, True), (high + 0.002, False)):
        assert covered(50.0, 450.0, 1_000_000, round(share * 1_000_000)) is expected


def test_stages_apart_and_small_cells_left_out():
    found = score([
        case(1, 9, 9, 1), case(1, 9, 50, 5), case(1, 9, 50, 5, Stage.CLICK),
    ])  # fmt: skip
    assert [(one.stage, one.forecast_count) for one in found] == [
        (Stage.CLICK, 1),
        (Stage.VISIT, 1),
    ]


def test_no_reality_no_record():
    assert score([]) == ()


def test_right_forecasts_cover_nine_of_ten():
    rng = np.random.default_rng(1)
    rates = rng.beta(8.0, 72.0, 3_000)
    [found] = score([case(8.0, 72.0, 200, k) for k in rng.binomial(200, rates)])
    # Whole counts: a closed interval holds somewhat more than 0.9; standard error 0.005.
    assert 0.89 < found.coverage_90 < 0.94
    assert abs(found.bias) < 0.003
