import numpy as np
import pytest

from dramatis.cli.backtest.calibration import calibration, mixed
from dramatis.cli.backtest.ports import Decisions, Forecast
from dramatis.cli.backtest.spec import Stage

FLAT = np.repeat(np.linspace(0.05, 0.5, 10), 4_000)


def test_right_rates_err_by_no_more_than_chance() -> None:
    found = [
        calibration(FLAT, np.random.default_rng(seed).binomial(1, FLAT).astype(float))
        for seed in range(20)
    ]
    assert np.mean([f.error for f in found]) == pytest.approx(found[0].chance, rel=0.15)


def test_rates_that_are_off_err_by_as_much() -> None:
    answered = np.random.default_rng(0).binomial(1, FLAT).astype(float)
    assert calibration(FLAT + 0.1, answered).error == pytest.approx(0.1, abs=0.01)
    stretched = calibration(0.5 + 1.5 * (FLAT - 0.5), answered)
    assert stretched.error == pytest.approx(0.5 * np.mean(0.5 - FLAT), abs=0.02)


def test_nobody_has_no_error() -> None:
    assert np.isnan(calibration(np.zeros(0), np.zeros(0)).error)


def test_a_recipient_s_rate_is_that_of_the_personas_as_they_are_mixed() -> None:
    def forecast(persona: str, arm: int, rate: float, stage: Stage = Stage.CLICK) -> Forecast:
        return Forecast(persona, arm, stage, rate, 0.0, 1.0, 1.0)

    told = [
        forecast("p", 0, 0.1), forecast("q", 0, 0.2), forecast("p", 1, 0.4),
        forecast("q", 1, 0.9, Stage.OPEN), forecast("gone", 0, 1.0),
    ]  # fmt: skip
    membership = np.array([[1.0, 0.0], [0.25, 0.75]])
    decisions = Decisions(
        np.zeros(2, np.int64), np.zeros((2, 1)), ("p", "q"), membership, {}, {}, np.zeros(0), 0.0
    )
    rates = mixed(told, decisions, Stage.CLICK, arms=2)
    assert rates[:, 0] == pytest.approx([0.1, 0.175])
    assert np.isnan(rates[:, 1]).all()  # q has none, and what is not belonged to does not help
