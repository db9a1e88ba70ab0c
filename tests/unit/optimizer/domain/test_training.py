import numpy as np
import pytest

from dramatis.optimizer.domain import policies, training
from dramatis.optimizer.domain.job import Point
from dramatis.optimizer.domain.problem import Problem, earn
from tests.unit.optimizer import given


def go_on(done: float, point: Point) -> bool:
    return True


def value(schedule: np.ndarray, problem: Problem) -> float:
    earned = earn(schedule, problem.train, problem.max_sends) @ problem.weights
    return float(earned.mean())


def test_learns_the_identity_in_seconds() -> None:
    problem = given.problem((2 * np.eye(6) - 1).tolist())
    trained = training.train(problem, training.LEAST_STEPS, 0, go_on)
    assert trained.schedule is not None
    assert trained.schedule[:, 0].tolist() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("seed", range(5))
def test_regret_against_the_exact_optimum_is_below_one_percent(seed: int) -> None:
    """8 personas, 4 campaigns, horizon 1, gains and draws scatter alike: greedy is the optimum."""
    mean = np.random.default_rng(seed).normal(0.02, 0.03, (8, 4)).tolist()
    problem = given.problem(mean, noise=0.03, draws=128, seed=seed)
    trained = training.train(problem, training.default_steps(problem), seed, go_on)
    assert trained.schedule is not None
    best = value(policies.greedy(problem), problem)
    assert value(trained.schedule, problem) >= 0.99 * best


def test_a_seed_gives_the_same_training_twice() -> None:
    problem = given.problem([[1.0, 2.0], [2.0, 1.0]], noise=1.0, days=2)
    first, again = (training.train(problem, 12_000, 7, go_on) for _ in range(2))
    assert first.schedule is not None
    assert again.schedule is not None
    assert first.schedule.tolist() == again.schedule.tolist()
    assert first.curve == again.curve


def test_the_best_schedule_is_kept_and_not_the_last() -> None:
    problem = given.problem([[1.0, 0.9, -0.5]] * 3, noise=2.0, draws=8)
    trained = training.train(problem, 20_480, 1, go_on)
    assert trained.schedule is not None
    assert value(trained.schedule, problem) == pytest.approx(
        max(point.value for point in trained.curve)
    )


def test_stops_when_told_to_and_keeps_what_it_had() -> None:
    problem = given.problem([[1.0, -1.0]])
    seen: list[float] = []

    def stop_at_second(done: float, point: Point) -> bool:
        seen.append(done)
        return len(seen) < 2

    trained = training.train(problem, 100_000, 0, stop_at_second)
    assert len(trained.curve) == len(seen) == 2
    assert trained.schedule is not None


@pytest.mark.parametrize("steps", [1, 1000, 9000])
def test_explicit_steps_are_honoured_to_a_rollout(steps: int) -> None:
    trained = training.train(given.problem([[1.0]]), steps, 0, go_on)
    assert steps <= trained.curve[-1].steps <= steps + training.ROLLOUT


def test_default_steps_grow_with_the_problem_within_bounds() -> None:
    small, large = given.problem([[1.0]]), given.problem([[1.0] * 9] * 60, days=90)
    assert training.default_steps(small) == training.LEAST_STEPS
    assert training.default_steps(large) == training.MOST_STEPS
