"""Plans on the event log, for the prioritizer."""

from typing import Final

from dramatis.api.optimizer.v1 import optimizer_pb2
from dramatis.core.plan_record import PlanRecord
from dramatis.optimizer.domain.history import Move
from dramatis.runtime import topics
from dramatis.runtime.envelope import seal
from dramatis.runtime.event_log import EventLog
from dramatis.runtime.log_token import LogToken
from dramatis.wire.plans import from_plan_record

SOURCE: Final = "dramatis/optimizer"


class LogPlans:
    """A `PlanTopic` on the topic `plans`: a tenant's whole plan under the tenant's key."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def publish(self, move: Move, plan: PlanRecord | None) -> str:
        """See `PlanTopic`. No plan is an empty value, which removes the key."""
        record = seal(
            topics.PLANS.name,
            move.tenant,
            f"plan:{move.tenant}:{move.number}",
            from_plan_record(plan) if plan else b"",
            type_name=optimizer_pb2.Plan.DESCRIPTOR.full_name,
            source=SOURCE,
            time=move.time,
        )
        return LogToken.after(await self._log.append([record])).encode()
