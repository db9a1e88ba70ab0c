from dataclasses import replace

import numpy as np
import pytest

from dramatis.core.campaign import CONTROL
from dramatis.core.errors import Conflict
from dramatis.optimizer.domain import worlds
from dramatis.optimizer.domain.job import Inputs, Spec
from dramatis.optimizer.domain.problem import Problem
from tests.unit.optimizer import given

SPEC = Spec(seed=3, draw_count=64).filled(("c0", "c1", "c2"))


def problem(inputs: Inputs, spec: Spec = SPEC) -> Problem:
    return worlds.problem(inputs.personas, inputs.campaigns, spec)


def test_train_and_held_out_draws_are_others_of_the_same_worlds() -> None:
    made = problem(given.inputs())
    assert made.train.shape == made.held_out.shape == (64, 8, 4)
    assert not np.intersect1d(made.train[..., 1:], made.held_out[..., 1:]).size
    error = made.train.std(axis=0) / 8
    assert (np.abs(made.train.mean(axis=0) - made.held_out.mean(axis=0)) < 6 * error + 1e-12).all()


def test_a_seed_makes_a_world() -> None:
    first, again = problem(given.inputs()), problem(given.inputs())
    other = problem(given.inputs(), replace(SPEC, seed=4))
    np.testing.assert_array_equal(first.train, again.train)
    np.testing.assert_array_equal(first.held_out, again.held_out)
    assert not np.intersect1d(first.train[..., 1:], other.train[..., 1:]).size


def test_gains_are_what_was_observed_less_cost_where_there_is_much_evidence() -> None:
    inputs = given.inputs(personas=3, trials=200_000)
    counts = inputs.personas.evidence
    rates = counts.successes[..., 0] / counts.trials[..., 0]
    made = problem(inputs)
    np.testing.assert_allclose(made.mean[:, 1:], rates[:, 1:] - rates[:, :1] - 0.02, atol=0.003)
    np.testing.assert_allclose(made.level[:, 1:], rates[:, 1:] - 0.02, atol=0.003)
    np.testing.assert_allclose(made.level[:, 0], rates[:, 0], atol=0.003)


def test_silence_comes_first_then_campaigns_as_given() -> None:
    assert problem(given.inputs()).actions == (CONTROL, "c0", "c1", "c2")


def test_a_campaign_unlike_any_that_was_sent_is_not_chosen_from() -> None:
    inputs = given.inputs()
    strange = replace(
        given.campaign("new"),
        stimulus=replace(given.campaign("new").stimulus, attributes={"category": "boats"}),
    )
    assert problem(replace(inputs, campaigns=(*inputs.campaigns, strange))).actions[1:] == (
        "c0", "c1", "c2",
    )  # fmt: skip
    with pytest.raises(Conflict) as caught:
        problem(replace(inputs, campaigns=(strange,)))
    assert caught.value.reason == "NO_FORECAST"
