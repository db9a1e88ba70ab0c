"""A planted good simulator saves sends, a bad one costs nothing; truths that nothing was tuned on."""

import numpy as np
import pytest

from bench.support.planted_simulators import RIGHT, SENDS, plant, regrets, shifted

TRUTHS = range(2026, 2032)


def mean_regrets(which: str) -> np.ndarray:
    """[S] after each of `SENDS`, mean over the truths."""
    found = []
    for seed in TRUTHS:
        planted = plant(seed)
        forecast = None if which == "flat" else getattr(planted, which)
        found.append([lost for lost, _ in regrets(planted, forecast)])
    return np.mean(found, axis=0)


@pytest.fixture(scope="module")
def flat() -> np.ndarray:
    return mean_regrets("flat")


def first_right(lost: np.ndarray) -> int:
    return SENDS[int(np.flatnonzero(lost <= RIGHT)[0])]


def test_with_a_good_simulator_a_third_of_the_sends_is_enough(flat: np.ndarray) -> None:
    assert first_right(mean_regrets("good")) <= first_right(flat) / 3


def test_with_a_bad_simulator_one_ends_where_the_flat_prior_does(flat: np.ndarray) -> None:
    assert mean_regrets("bad")[-1] <= 1.02 * flat[-1]


def test_the_weight_of_a_bad_simulator_goes_to_zero_and_of_a_good_one_does_not() -> None:
    planted = plant(2040)
    weights = {
        name: [weight for _, weight in regrets(planted, forecast)]
        for name, forecast in (
            ("good", planted.good), ("bad", planted.bad), ("shifted", shifted(planted, 1.5)),
        )
    }  # fmt: skip
    assert weights["bad"][-1] == 0.0
    assert weights["good"][-1] > 100
    assert weights["shifted"][-1] < 0.1 * weights["good"][-1]
