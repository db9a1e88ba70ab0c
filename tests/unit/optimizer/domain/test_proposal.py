import numpy as np
import pytest

from dramatis.optimizer.domain import policies
from dramatis.optimizer.domain.proposal import choose, propose
from tests.unit.optimizer import given

RNG = np.random.default_rng
EVEN = np.array([1.0, 2.0, 3.0, 4.0])


def test_ppo_must_beat_greedy_draw_by_draw() -> None:
    held_out = {"best_fixed": EVEN - 1, "greedy": EVEN, "ppo": EVEN + 0.01}
    assert choose(held_out) == "ppo"
    assert choose(held_out | {"ppo": EVEN}) == "greedy"
    assert choose(held_out | {"ppo": EVEN - 0.01}) == "greedy"


def test_a_lead_of_ppo_that_may_be_chance_does_not_count() -> None:
    luck = np.array([5.0, -3.0, 3.0, -4.0])
    assert choose({"best_fixed": EVEN - 1, "greedy": EVEN, "ppo": EVEN + luck}) == "greedy"


def test_greedy_must_not_fall_below_the_best_fixed() -> None:
    assert choose({"best_fixed": EVEN + 0.1, "greedy": EVEN}) == "best_fixed"
    assert choose({"best_fixed": EVEN, "greedy": EVEN}) == "greedy"


def test_all_policies_are_judged_on_the_same_held_out_draws() -> None:
    problem = given.problem([[2.0, 3.0], [2.0, -1.0]], noise=0.1, draws=64)
    made = propose(problem, policies.greedy(problem), RNG(0))
    values = {value.policy: value for value in made.policy_values}
    assert set(values) == {"nothing", "random", "best_fixed", "greedy", "cautious", "ppo"}
    assert values["nothing"].held_out_value == 0
    assert values["best_fixed"].held_out_value == pytest.approx(2.0, abs=0.05)
    assert values["greedy"].held_out_value == pytest.approx(2.5, abs=0.05)
    assert values["random"].held_out_value == pytest.approx(1.0, abs=0.3)
    for value in values.values():
        assert value.lower_90 <= value.held_out_value <= value.upper_90
    assert made.policy == "greedy"
    assert made.incumbent == "a"


def test_a_worse_ppo_is_not_proposed() -> None:
    problem = given.problem([[2.0, 3.0], [2.0, -1.0]], noise=0.1, draws=64)
    made = propose(problem, policies.nothing(problem), RNG(0))
    assert made.policy == "greedy"
    assert [one.sends[0].campaign_id for one in made.personas] == ["b", "a"]


def test_without_training_there_is_still_a_plan() -> None:
    made = propose(given.problem([[2.0, 3.0]]), None, RNG(0))
    assert "ppo" not in {value.policy for value in made.policy_values}
    assert made.personas[0].sends[0].campaign_id == "b"


def test_silence_is_planned_where_nothing_pays() -> None:
    made = propose(given.problem([[-2.0, -3.0]]), None, RNG(0))
    assert (made.incumbent, made.personas[0].sends[0].campaign_id) == ("control", "control")


def test_values_of_personas_are_of_their_sends() -> None:
    made = propose(given.problem([[2.0, 3.0], [2.0, 1.0]], days=2, sends=2), None, RNG(0))
    assert [one.value for one in made.personas] == pytest.approx([5.0, 3.0])


def test_nobody_leaves_the_incumbent_where_held_out_draws_disagree() -> None:
    problem = given.problem([[2.0, 3.0], [2.0, 1.0]])
    held_out = problem.held_out.copy()
    held_out[:, 0, 2] = 0.0
    changed = type(problem)(
        problem.persona_ids, problem.weights, problem.actions, problem.train, held_out,
        problem.level,
    )  # fmt: skip
    made = propose(changed, None, RNG(0))
    assert made.policy == "best_fixed"
    assert all(not one.preferred for one in made.personas)
