import numpy as np
import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from dramatis.optimizer.domain.problem import SILENCE, earn, effective
from tests.unit.optimizer import given


def test_each_campaign_earns_once_and_sends_are_limited() -> None:
    problem = given.problem([[1.0, 10.0, 100.0]], days=5, sends=2)
    schedule = np.array([[1, 1, SILENCE, 2, 3]])
    assert effective(schedule, 4, problem.max_sends).tolist() == [[1, 0, 0, 2, 0]]
    assert earn(schedule, problem.train, problem.max_sends).tolist() == [[11.0]] * 4


def test_personas_earn_by_their_own_gains_in_each_draw() -> None:
    gains = np.array([[[0.0, 1.0], [0.0, 2.0]], [[0.0, 3.0], [0.0, 4.0]]])
    assert earn(np.array([[1], [0]]), gains, 1).tolist() == [[1.0, 0.0], [3.0, 0.0]]


@for_any(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.integers(1, 6))
def test_what_comes_to_pass_keeps_the_rules_and_stays(days: list[int], sends: int) -> None:
    passed = effective(np.array([days]), 5, sends)
    campaigns = passed[passed != SILENCE].tolist()
    assert len(campaigns) == len(set(campaigns)) <= sends
    assert effective(passed, 5, sends).tolist() == passed.tolist()
    assert campaigns[:1] == [day for day in days if day != SILENCE][:1]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_gains_that_are_not_finite_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        given.problem([[bad]])


def test_silence_gains_nothing() -> None:
    problem = given.problem([[1.0]])
    with pytest.raises(ValueError, match="silence"):
        type(problem)(
            problem.persona_ids, problem.weights, problem.actions,
            problem.train + 1, problem.held_out, problem.level,
        )  # fmt: skip
