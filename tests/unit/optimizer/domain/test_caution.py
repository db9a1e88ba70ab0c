"""The rule by hand: draws are chosen so that every quantile can be seen."""

import numpy as np

from dramatis.optimizer.domain import caution
from dramatis.optimizer.domain.problem import Problem
from tests.unit.optimizer import given


def of_gains(train: np.ndarray, level: float = 1.0) -> Problem:
    """[S, P, K] gains of campaigns over silence."""
    gains = np.concatenate([np.zeros((*train.shape[:2], 1)), train], axis=2)
    personas, count = gains.shape[1:]
    return Problem(
        tuple(f"p{i}" for i in range(personas)), np.full(personas, 1 / personas),
        ("control", *"abcdef"[: count - 1]), gains, gains, np.full((personas, count), level),
    )  # fmt: skip


def test_the_incumbent_earns_most_for_everybody() -> None:
    assert caution.incumbent(given.problem([[3.0, 1.0], [-2.0, 2.0]], weights=[0.8, 0.2])) == 1
    assert caution.incumbent(given.problem([[3.0, 1.0], [-2.0, 2.0]], weights=[0.2, 0.8])) == 2
    assert caution.incumbent(given.problem([[-3.0, -1.0]])) == 0


def test_certain_gains_leave_the_incumbent_and_others_do_not() -> None:
    problem = given.problem([[2.0, 3.0], [2.0, 1.0], [2.0, 1.5]])
    assert caution.preferred(problem).tolist() == [
        [False, False, True], [False, False, False], [False, False, False],
    ]  # fmt: skip


def a_bet(level: float) -> Problem:
    """b over a: +1 in 8 of 10 draws and -1 in 2 for p0, 0.2 always for p1, -6 always for p2."""
    a = np.array([[2.0, 2.0, 9.0]] * 10)
    over = np.array([[1.0] * 8 + [-1.0] * 2, [0.2] * 10, [-6.0] * 10]).T
    return of_gains(np.stack([a, a + over], axis=2), level)


def test_a_bet_that_could_cost_too_much_is_left_to_those_who_are_sure() -> None:
    problem = a_bet(level=1.0)
    assert caution.incumbent(problem) == 1
    assert caution.preferred(problem)[:, 2].tolist() == [False, True, False]


def test_the_same_bet_is_taken_where_the_incumbent_is_worth_more() -> None:
    assert caution.preferred(a_bet(level=10.0))[:, 2].tolist() == [True, True, False]


def test_silence_is_all_or_nobody_and_needs_a_total_that_is_almost_surely_positive() -> None:
    """For p1 and p2 silence is better on average; unsure together, so nobody is silenced."""
    unsure = np.array([[[4.0], [-1.0], [-1.0]]] * 8 + [[[4.0], [2.0], [2.0]]] * 2)
    sure = np.array([[[4.0], [-1.0], [-1.0]]] * 10)
    assert not caution.preferred(of_gains(unsure))[:, 0].any()
    assert caution.preferred(of_gains(sure))[:, 0].tolist() == [False, True, True]


def test_the_schedule_is_what_the_prioritizer_would_do() -> None:
    problem = given.problem([[2.0, 3.0], [2.0, 1.0], [2.0, 9.0]], weights=[0.1, 0.8, 0.1])
    free = np.zeros((3, 3), dtype=bool)
    free[0, 2] = True
    assert caution.incumbent(problem) == 1
    assert caution.schedule(problem, free)[:, 0].tolist() == [2, 1, 1]


def test_a_plan_names_what_is_free() -> None:
    problem = given.problem([[2.0, 3.0], [2.0, 1.0]])
    plan = caution.plan(problem, caution.preferred(problem), "plan", "set")
    assert plan.incumbent == "a"
    assert plan.preferred == {"p0": frozenset({"b"}), "p1": frozenset()}
