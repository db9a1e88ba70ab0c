import itertools

import numpy as np
import pytest

from dramatis.optimizer.domain import policies
from dramatis.optimizer.domain.problem import earn
from tests.unit.optimizer import given

PROBLEM = given.problem([[3.0, 1.0, -1.0], [-2.0, 2.0, 0.5]], weights=[0.75, 0.25])


def test_nothing_is_silence() -> None:
    assert policies.nothing(PROBLEM).tolist() == [[0], [0]]


def test_best_fixed_is_what_earns_most_for_all_together() -> None:
    assert policies.best_fixed(PROBLEM).tolist() == [[1], [1]]


def test_best_fixed_is_silence_where_nothing_pays() -> None:
    assert policies.best_fixed(given.problem([[-1.0, -2.0]])).tolist() == [[0]]


def test_greedy_takes_what_earns_most_for_each() -> None:
    assert policies.greedy(PROBLEM).tolist() == [[1], [2]]


def test_several_sends_are_the_best_ones_and_only_those_that_pay() -> None:
    problem = given.problem([[3.0, 1.0, -1.0], [-2.0, 2.0, 0.5]], days=4, sends=2)
    assert policies.greedy(problem).tolist() == [[1, 2, 0, 0], [2, 3, 0, 0]]
    assert policies.best_fixed(problem).tolist() == [[2, 1, 0, 0], [2, 1, 0, 0]]


def test_chance_is_the_rngs() -> None:
    first, again = (policies.chance(PROBLEM, np.random.default_rng(3)) for _ in range(2))
    assert first.tolist() == again.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_greedy_is_the_optimum_of_all_schedules(seed: int) -> None:
    mean = np.random.default_rng(seed).normal(size=(2, 3)).tolist()
    problem = given.problem(mean, days=3, sends=2)
    each = [np.array(days) for days in itertools.product(range(4), repeat=3)]
    best = max(earn(np.stack([one, one]), problem.train, 2).mean(axis=0)[0] for one in each)
    assert earn(policies.greedy(problem), problem.train, 2).mean(axis=0)[0] == pytest.approx(best)
