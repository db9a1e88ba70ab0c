import time

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_sb3_env

from dramatis.optimizer.domain.environment import BatchedEnvironment, SingleEnvironment
from dramatis.optimizer.domain.problem import earn
from tests.unit.optimizer import given

PROBLEM = given.problem([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]], days=4, sends=2, noise=0.5, draws=6)


def test_the_single_view_passes_gymnasiums_checker() -> None:
    check_env(SingleEnvironment(PROBLEM), skip_render_check=True)


def test_the_single_view_passes_stable_baselines_checker() -> None:
    check_sb3_env(SingleEnvironment(PROBLEM))


def play(environment: BatchedEnvironment, schedule: np.ndarray) -> np.ndarray:
    """[N] sums of rewards of one episode; the last step must be the only one that ends it."""
    total = np.zeros(environment.num_envs)
    for day, actions in enumerate(schedule.T):
        observed, rewards, dones, infos = environment.step(actions)
        total += rewards
        last = day == schedule.shape[1] - 1
        assert dones.tolist() == [last] * len(dones)
        assert all(("terminal_observation" in info) == last for info in infos)
        assert environment.observation_space.contains(np.asarray(observed)[0])
    return total


def test_a_batch_earns_what_the_schedule_earns_draw_by_draw() -> None:
    environment = BatchedEnvironment(PROBLEM, 12)
    schedule = np.random.default_rng(1).integers(4, size=(2, 4))
    expected = earn(schedule, PROBLEM.train, PROBLEM.max_sends) / np.abs(PROBLEM.mean).max()
    for _ in range(2):  # auto-reset between them
        total = play(environment, np.tile(schedule, (6, 1))).reshape(6, 2)
        np.testing.assert_allclose(total, expected, rtol=1e-5)


def test_a_batch_that_is_smaller_than_the_draws_meets_all_of_them_in_turn() -> None:
    environment = BatchedEnvironment(PROBLEM, 4)
    schedule = np.array([[1, 0, 0, 0], [2, 0, 0, 0]])
    seen = np.concatenate(
        [play(environment, np.tile(schedule, (2, 1))).reshape(2, 2) for _ in range(3)]
    )
    expected = earn(schedule, PROBLEM.train, PROBLEM.max_sends) / np.abs(PROBLEM.mean).max()
    np.testing.assert_allclose(np.sort(seen, axis=0), np.sort(expected, axis=0), rtol=1e-5)


def test_the_end_shows_the_last_observation_and_starts_anew() -> None:
    environment = BatchedEnvironment(given.problem([[1.0], [2.0]]), 2)
    first = environment.reset()
    again, _, dones, infos = environment.step(np.array([1, 0]))
    assert dones.all()
    assert infos[0]["terminal_observation"].tolist() == [1, 0, 1, 1, 1]
    assert infos[1]["terminal_observation"].tolist() == [0, 1, 1, 0, 0]
    np.testing.assert_array_equal(again, first)


@pytest.mark.parametrize("action", [1, 2])
def test_what_is_not_allowed_is_silence_without_reward(action: int) -> None:
    environment = BatchedEnvironment(given.problem([[5.0, 7.0]], days=3, sends=1), 1)
    environment.step(np.array([1]))
    observed, rewards, _, _ = environment.step(np.array([action]))
    assert rewards.tolist() == [0.0]
    assert np.asarray(observed)[0, -2:].tolist() == [1.0, 0.0]


def test_answers_are_copies() -> None:
    environment = BatchedEnvironment(given.problem([[1.0]], days=3), 4)
    first = environment.reset()
    kept = first.copy()
    _, rewards, _, _ = environment.step(np.ones(4, dtype=int))
    rewards *= 0
    np.testing.assert_array_equal(first, kept)


def test_a_step_of_many_rows_is_one_array_operation() -> None:
    """Generous: the aim is 1 M rows/s and more; one Python call per row makes some 0.05 M/s."""
    environment = BatchedEnvironment(given.problem([[1.0] * 5] * 32, days=4, sends=2), 8192)
    actions = np.random.default_rng(0).integers(6, size=(8, 8192))
    began = time.process_time()
    for row in actions:
        environment.step(row)
    assert actions.size / (time.process_time() - began) > 200_000
