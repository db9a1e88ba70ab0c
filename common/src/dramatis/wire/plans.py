"""Plans as messages and as records of the `plans` topic."""

from dramatis.api.optimizer.v1 import optimizer_pb2 as pb
from dramatis.core.plan import Plan
from dramatis.core.plan_record import (
    PersonaPlan,
    PlannedSend,
    PlanRecord,
    PlanState,
    PolicyValue,
)
from dramatis.wire.times import from_timestamp, to_timestamp


def to_plan(record: bytes) -> tuple[str, Plan]:
    """Tenant and plan of a record, as far as the prioritizer follows it.

    Raises:
        google.protobuf.message.DecodeError: the bytes are no plan.
    """
    message = pb.Plan.FromString(record)
    return message.tenant, Plan(
        plan_id=message.plan_id,
        persona_set_id=message.persona_set_id,
        incumbent=message.incumbent_campaign_id,
        preferred={
            persona.persona_id: frozenset(persona.preferred_campaign_ids)
            for persona in message.personas
        },
    )


def from_plan_record(plan: PlanRecord) -> bytes:
    """The record of a plan; equal plans give equal bytes."""
    return to_message(plan).SerializeToString(deterministic=True)


def to_plan_record(record: bytes) -> PlanRecord:
    """The whole plan that a record holds.

    Raises:
        ValueError: its state is unknown.
        google.protobuf.message.DecodeError: the bytes are no plan.
    """
    message = pb.Plan.FromString(record)
    return PlanRecord(
        tenant=message.tenant,
        plan_id=message.plan_id,
        persona_set_id=message.persona_set_id,
        policy=message.policy,
        incumbent=message.incumbent_campaign_id,
        personas=tuple(map(_persona, message.personas)),
        policy_values=tuple(map(_value, message.policy_values)),
        state=PlanState(message.state),
        create_time=from_timestamp(message.create_time, "create_time"),
        seed=message.seed,
    )


def to_message(plan: PlanRecord) -> pb.Plan:
    """The message of a plan."""
    return pb.Plan(
        tenant=plan.tenant,
        plan_id=plan.plan_id,
        persona_set_id=plan.persona_set_id,
        policy=plan.policy,
        personas=map(_from_persona, plan.personas),
        policy_values=map(_from_value, plan.policy_values),
        state=pb.PlanState.ValueType(plan.state),
        create_time=to_timestamp(plan.create_time),
        seed=plan.seed,
        incumbent_campaign_id=plan.incumbent,
    )


def _persona(message: pb.PersonaPlan) -> PersonaPlan:
    return PersonaPlan(
        persona_id=message.persona_id,
        sends=tuple(PlannedSend(send.day, send.campaign_id) for send in message.sends),
        preferred=frozenset(message.preferred_campaign_ids),
        value=message.value,
    )


def _from_persona(persona: PersonaPlan) -> pb.PersonaPlan:
    return pb.PersonaPlan(
        persona_id=persona.persona_id,
        sends=[
            pb.PlannedSend(day=send.day, campaign_id=send.campaign_id) for send in persona.sends
        ],
        preferred_campaign_ids=sorted(persona.preferred),
        value=persona.value,
    )


def _value(message: pb.PolicyValue) -> PolicyValue:
    return PolicyValue(
        policy=message.policy,
        train_value=message.train_value,
        held_out_value=message.held_out_value,
        lower_90=message.lower_90,
        upper_90=message.upper_90,
    )


def _from_value(value: PolicyValue) -> pb.PolicyValue:
    return pb.PolicyValue(
        policy=value.policy,
        train_value=value.train_value,
        held_out_value=value.held_out_value,
        lower_90=value.lower_90,
        upper_90=value.upper_90,
    )
