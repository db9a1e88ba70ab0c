import numpy as np
import pytest
from scipy.stats import betabinom

from dramatis.cli.backtest import forecasts
from dramatis.cli.backtest.ports import Decisions, Forecast, Responses
from dramatis.cli.backtest.spec import Stage


def forecast(rate: float, strength: float, *, arm: int = 1, persona: str = "p") -> Forecast:
    return Forecast(persona, arm, Stage.CLICK, rate, 0.0, 1.0, strength)


def test_pit_inside_by_hand() -> None:
    assert forecasts.pit_inside(0.0, 0.05) == 0.0
    assert forecasts.pit_inside(0.04, 0.06) == pytest.approx(0.5)
    assert forecasts.pit_inside(0.0, 1.0) == pytest.approx(0.9)
    assert forecasts.pit_inside(0.94, 0.98) == pytest.approx(0.25)
    assert forecasts.pit_inside(0.5, 0.5) == 1.0
    assert forecasts.pit_inside(1.0, 1.0) == 0.0


@pytest.mark.parametrize(("rate", "trials"), [(0.005, 60), (0.01, 400), (0.2, 50), (0.15, 3_000)])
def test_a_right_forecast_covers_90_percent_exactly_however_small_the_counts(
    rate: float, trials: int
) -> None:
    """The expectation over the forecast's own distribution, summed over all counts."""
    counts = np.arange(trials + 1)
    chance = betabinom(trials, rate * 300, (1 - rate) * 300).pmf(counts)
    inside = [forecasts.judge(forecast(rate, 300), trials, k / trials).inside for k in counts]
    assert chance @ inside == pytest.approx(0.9, abs=1e-6)


def test_too_narrow_and_too_wide_forecasts_show() -> None:
    rng = np.random.default_rng(0)
    truth = rng.beta(20, 180, 400)
    seen = rng.binomial(500, truth) / 500

    def coverage(strength: float) -> float:
        cells = [forecasts.judge(forecast(0.1, strength), 500, s) for s in seen]
        return forecasts.score(cells).coverage

    assert coverage(200) == pytest.approx(0.9, abs=0.04)
    assert coverage(5_000) < 0.75
    assert coverage(20) > 0.98


def test_cells_use_mixtures_and_pass_over_what_cannot_be_judged() -> None:
    decisions = Decisions(
        arm=np.zeros(40, np.int64),
        scores=np.zeros((40, 1)),
        persona_ids=("p", "q"),
        membership=np.tile([[1.0, 0.0], [0.0, 1.0]], (20, 1)),
        reasons={},
        rungs={},
        latency_ms=np.zeros(0),
        seconds=0.0,
    )
    arm = np.array([1] * 30 + [0] * 10)
    answered = np.tile([1.0, 0.0], 20)  # those of p answer, those of q do not
    responses = Responses(tuple(map(str, range(40))), arm, {"click": answered})
    asked = (
        forecast(0.9, 50),
        forecast(0.1, 50, persona="q"),
        forecast(0.5, 50, arm=0),  # 5 recipients: too few
        forecast(0.5, 50, persona="unknown"),
        Forecast("p", 1, Stage.AMOUNT, 30.0, 20.0, 40.0, 0.0),
        Forecast("p", 1, Stage.CLICK, 0.5, 0.0, 1.0, 50, supported=False),
    )
    cells = forecasts.compare(asked, decisions, responses, {Stage.CLICK: "click"})
    assert [(c.forecast.persona_id, c.trials, c.observed) for c in cells] == [
        ("p", 15, 1.0),
        ("q", 15, 0.0),
    ]
    score = forecasts.score(cells)
    assert score.n == 2
    assert score.error == pytest.approx(0.1)
    assert score.chance == 0.0


def test_effective_size_of_soft_members() -> None:
    assert forecasts.weighted_share(np.full(100, 0.5), np.ones(100)) == (100, 1.0)
    assert forecasts.weighted_share(np.array([1.0] + [0.1] * 10), np.zeros(11))[0] == 4  # 4 / 1.1
    assert forecasts.weighted_share(np.zeros(3), np.ones(3)) == (0, 0.0)


def test_nothing_to_judge_is_no_figure() -> None:
    score = forecasts.score(())
    assert score.n == 0
    assert np.isnan(score.coverage)
