"""What a plan lets count."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dramatis.core.campaign import CONTROL
from dramatis.core.plan import Plan, follow

IDS = ("a", "b")
GAINS = arrays(float, (3, 2), elements=st.floats(-10, 10))


def plan(incumbent: str, **preferred: set[str]) -> Plan:
    return Plan("plan", "set", incumbent, {k: frozenset(v) for k, v in preferred.items()})


def counted(made: Plan, gain: list[float]) -> list[float]:
    return follow(made, np.array([gain]), ["p"], IDS).round(6)[0].tolist()


def test_what_is_preferred_counts_in_full() -> None:
    assert counted(plan("a", p={"b"}), [1.0, 3.0]) == [1.0, 3.0]


def test_what_is_not_counts_at_most_as_the_incumbent() -> None:
    assert counted(plan("a"), [1.0, 3.0]) == [1.0, 1.0]
    assert counted(plan("a"), [1.0, 0.5]) == [1.0, 0.5]


def test_silence_counts_at_most_as_the_incumbent_too() -> None:
    assert counted(plan("a"), [-2.0, -3.0]) == [0.0, -1.0]


def test_preferred_silence_counts_in_full() -> None:
    assert counted(plan("a", p={CONTROL}), [-2.0, -3.0]) == [-2.0, -3.0]


def test_where_silence_is_the_incumbent_no_campaign_counts_more() -> None:
    assert counted(plan(CONTROL), [2.0, -3.0]) == [0.0, -3.0]
    assert follow(plan(CONTROL), np.array([[2.0, -3.0]]), ["p"], IDS)[0, 0] < 0


def test_an_incumbent_that_was_taken_away_holds_nothing_back() -> None:
    assert counted(plan("gone"), [1.0, 3.0]) == [1.0, 3.0]


@given(GAINS, st.sampled_from([*IDS, CONTROL]))
def test_without_preferences_the_incumbent_is_always_best(gain: np.ndarray, incumbent: str) -> None:
    actions = np.hstack([follow(plan(incumbent), gain, "pqr", IDS), np.zeros((3, 1))])
    place = [*IDS, CONTROL].index(incumbent)
    assert (actions[:, place] >= actions.max(axis=1)).all()


@given(GAINS, st.sampled_from([*IDS, CONTROL]))
def test_a_plan_that_prefers_everything_changes_nothing(gain: np.ndarray, incumbent: str) -> None:
    free = plan(incumbent, p={"a", "b", CONTROL}, q={"a", "b", CONTROL}, r={"a", "b", CONTROL})
    np.testing.assert_allclose(follow(free, gain, "pqr", IDS), gain, atol=1e-7)
