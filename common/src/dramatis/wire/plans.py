"""What the prioritizer follows, read from records of the `plans` topic."""

from dramatis.api.optimizer.v1 import optimizer_pb2 as pb
from dramatis.core.plan import Plan


def to_plan(record: bytes) -> tuple[str, Plan]:
    """Tenant and plan of a record.

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
