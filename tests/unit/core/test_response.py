"""What responses are worth: numbers that can be checked by hand."""

import numpy as np
import pytest

from dramatis.core.campaign import CONTROL, Campaign, Stage, StageValue
from dramatis.core.evidence import Axes
from dramatis.core.response import appraise, reach, worth

AXES = Axes(("a", CONTROL), (Stage.VISIT, Stage.CONVERT), (None, Stage.VISIT))


def test_reaching_a_stage_takes_reaching_those_before() -> None:
    np.testing.assert_allclose(reach(AXES, np.array([0.2, 0.5])), [0.2, 0.1])


def test_reach_leaves_its_input_alone() -> None:
    rates = np.array([0.2, 0.5])
    reach(AXES, rates)
    assert rates.tolist() == [0.2, 0.5]


def test_worth_adds_values_and_shares_of_amounts() -> None:
    campaign = Campaign(
        "a", values=(StageValue(Stage.VISIT, 2_000_000), StageValue(Stage.CONVERT, 1_000_000, 0.5))
    )
    value = worth(AXES, np.array([0.2, 0.1]), np.array(30.0), campaign)
    assert value == pytest.approx(0.2 * 2 + 0.1 * (1 + 15))


def test_a_stage_that_the_table_lacks_is_worth_nothing() -> None:
    campaign = Campaign("a", values=(StageValue(Stage.OPEN, 9_000_000),))
    assert worth(AXES, np.array([0.2, 0.1]), np.array(30.0), campaign) == 0


def test_gain_is_over_silence_at_the_same_prices_less_the_cost() -> None:
    campaign = Campaign(
        "a", values=(StageValue(Stage.CONVERT, amount_share=1.0),), cost_micros=500_000
    )
    rates = np.array([[[0.2, 0.5], [0.1, 0.5]]])  # persona 0: "a", then control
    found = appraise(AXES, rates, np.array([[30.0, 20.0]]), [campaign])
    np.testing.assert_allclose(found.value, [[3.0]])
    np.testing.assert_allclose(found.baseline, [[1.0]])
    np.testing.assert_allclose(found.gain, [[1.5]])


def test_draws_are_appraised_as_tables_are() -> None:
    campaign = Campaign("a", values=(StageValue(Stage.VISIT, 1_000_000),))
    draws = np.random.default_rng(0).random((5, 3, 2, 2))
    amounts = np.ones((5, 3, 2))
    whole = appraise(AXES, draws, amounts, [campaign]).gain
    each = [appraise(AXES, draws[s], amounts[s], [campaign]).gain for s in range(5)]
    np.testing.assert_allclose(whole, each)


def test_no_campaigns_have_no_columns() -> None:
    assert appraise(AXES, np.zeros((3, 2, 2)), np.zeros((3, 2)), []).gain.shape == (3, 0)


@pytest.mark.parametrize(
    ("stages", "given"),
    [
        ((Stage.CONVERT, Stage.VISIT), (None, None)),
        ((Stage.VISIT,), (Stage.CONVERT,)),
        ((Stage.VISIT,), ()),
    ],
)
def test_axes_that_make_no_chain(
    stages: tuple[Stage, ...], given: tuple[Stage | None, ...]
) -> None:
    with pytest.raises(ValueError, match=r"chain|later"):
        Axes((CONTROL,), stages, given)
