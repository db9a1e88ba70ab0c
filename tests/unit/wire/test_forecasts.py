"""Forecast tables come back from their records, in any order, and not before all are there."""

from dataclasses import fields, replace

import numpy as np
import pytest

from dramatis.core.campaign import CONTROL, Stage
from dramatis.core.evidence import Axes
from dramatis.core.forecast import ForecastTable
from dramatis.wire import forecasts

RNG = np.random.default_rng(5)
AXES = Axes(("a", "b", CONTROL), (Stage.VISIT, Stage.CONVERT), (None, Stage.VISIT))
TABLE = ForecastTable(
    simulation_id="s1",
    persona_set_id="set1",
    persona_ids=("p1", "p2"),
    axes=AXES,
    rates=RNG.uniform(size=(2, 3, 2)),
    rate_error=RNG.uniform(size=(2, 3, 2)),
    amount_mean=np.array([[10.0, 20.0, 0.0], [1.5, 2.5, 3.5]]),
    amount_error=np.array([[1.0, 2.0, 0.0], [0.5, 0.5, 0.5]]),
    supported=np.array([True, True, True]),
)
SPREAD = forecasts.Spread(
    **{each.name: RNG.uniform(size=(2, 3, 2)) for each in fields(forecasts.Spread)}
)
STAGES = replace(SPREAD, rates=TABLE.rates, parameter_error=TABLE.rate_error)
ORIGIN = forecasts.Origin(np.array([0.0, 0.5, 0.0]), evidence_use=1, seed=7)


def test_a_table_comes_back_from_shuffled_and_repeated_messages() -> None:
    messages = forecasts.from_forecasts("acme", TABLE, STAGES, SPREAD, ORIGIN)
    shuffled = [messages[i] for i in RNG.permutation(len(messages))]
    assert repr(forecasts.to_table(shuffled + shuffled[:2])) == repr(TABLE)


@pytest.mark.parametrize("missing", range(6))
def test_nothing_until_all_are_there(missing: int) -> None:
    messages = forecasts.from_forecasts("acme", TABLE, STAGES, SPREAD, ORIGIN)
    assert forecasts.to_table(messages[:missing] + messages[missing + 1 :]) is None
    assert forecasts.to_table([]) is None


def test_a_message_says_all_of_its_cell() -> None:
    message = forecasts.from_forecasts("acme", TABLE, STAGES, SPREAD, ORIGIN)[4]
    assert forecasts.key("acme", message) == "acme/p2/b"
    assert (message.forecast_count, message.seed, message.support_distance) == (6, 7, 0.5)
    assert message.stages[1].predictive_upper_90 == SPREAD.predictive_upper_90[1, 1, 1]
    assert message.stages[1].given_stage == message.stages[0].stage == Stage.VISIT
    assert message.reaches[1].rate == SPREAD.rates[1, 1, 1]
    assert [(each.stage, each.given_stage) for each in message.reaches] == [(4, 0), (5, 0)]


def test_an_unsupported_campaign_has_no_rates() -> None:
    table = replace(TABLE, supported=np.array([True, False, True]))
    messages = forecasts.from_forecasts("acme", table, STAGES, SPREAD, ORIGIN)
    assert not messages[1].stages
    assert messages[1].outside_support
    assert not messages[1].HasField("amount_mean")
    back = forecasts.to_table(messages)
    assert back is not None
    assert np.isnan(back.rates[:, 1]).all()
    np.testing.assert_array_equal(back.rates[:, [0, 2]], TABLE.rates[:, [0, 2]])
    assert back.supported.tolist() == [True, False, True]
