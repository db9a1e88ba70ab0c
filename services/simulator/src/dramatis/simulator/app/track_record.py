"""How past forecasts did."""

import asyncio
from collections.abc import Sequence

from dramatis.core.campaign import Stage
from dramatis.simulator.app.world import World
from dramatis.simulator.domain.track_record import StageRecord, score


async def track_record(world: World, tenant: str, stage: Stage | None) -> Sequence[StageRecord]:
    """The record of a tenant's forecasts, of one stage or of all."""
    scored = await world.store.scored(tenant)

    def work() -> Sequence[StageRecord]:
        cases = (case for one in scored for case in world.records.cases(one))
        return score(case for case in cases if stage is None or case.stage is stage)

    return await asyncio.to_thread(work)
