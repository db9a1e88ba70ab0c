"""A plan comes back as it was, whole or as far as the prioritizer follows it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dramatis.api.optimizer.v1 import optimizer_pb2 as pb
from dramatis.core.campaign import CONTROL
from dramatis.core.plan_record import (
    PersonaPlan,
    PlannedSend,
    PlanRecord,
    PlanState,
    PolicyValue,
)
from dramatis.wire import plans

PLAN = PlanRecord(
    tenant="acme",
    plan_id="plan-1",
    persona_set_id="set-1",
    policy="greedy",
    incumbent="a",
    personas=(
        PersonaPlan("p", (PlannedSend(0, "b"), PlannedSend(1, CONTROL)), frozenset("bc"), 0.25),
        PersonaPlan("q", (PlannedSend(0, CONTROL),), frozenset(), 0.0),
    ),
    policy_values=(PolicyValue("greedy", 0.2, 0.19, 0.1, 0.3), PolicyValue("ppo", 1, 2, 3, 4)),
    state=PlanState.PROMOTED,
    create_time=datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC),
    seed=7,
)


@pytest.mark.parametrize("state", PlanState)
def test_a_whole_plan(state: PlanState) -> None:
    plan = replace(PLAN, state=state)
    assert plans.to_plan_record(plans.from_plan_record(plan)) == plan


def test_what_the_prioritizer_follows() -> None:
    assert plans.to_plan(plans.from_plan_record(PLAN)) == ("acme", PLAN.plan)


def test_a_plan_without_a_state_is_refused() -> None:
    message = pb.Plan.FromString(plans.from_plan_record(PLAN))
    message.ClearField("state")
    with pytest.raises(ValueError, match="0"):
        plans.to_plan_record(message.SerializeToString())
