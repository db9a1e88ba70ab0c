"""OptimizerService: checks at the edge, converts, calls the use cases."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from dramatis.api.optimizer.v1 import optimizer_pb2 as pb
from dramatis.api.optimizer.v1 import optimizer_pb2_grpc
from dramatis.optimizer import metrics
from dramatis.optimizer.adapters.database_knowledge import Change
from dramatis.optimizer.adapters.grpc_messages import (
    from_optimization,
    to_spec,
)
from dramatis.optimizer.app.board import Board
from dramatis.optimizer.app.create import create
from dramatis.optimizer.app.follow import cancel, watch
from dramatis.optimizer.app.promote import Publisher, promote, roll_back
from dramatis.optimizer.ports import Jobs, Knowledge, Method, Plans
from dramatis.runtime.clock import Clock
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.identity import current_tenant
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.requests import identify, patience, required
from dramatis.wire.plans import to_message

LONGEST_WAIT_SECONDS: Final = 30.0
"""For the log, where the caller sets no deadline."""

add_to_server: Final = optimizer_pb2_grpc.add_OptimizerServiceServicer_to_server


@dataclass(frozen=True, slots=True)
class World:
    """What the servicer hands to the use cases."""

    knowledge: Knowledge
    jobs: Jobs
    plans: Plans
    publisher: Publisher
    board: Board
    clock: Clock
    consumer: Consumer[Change]


class OptimizerServicer(optimizer_pb2_grpc.OptimizerServiceServicer):
    """Answers for the tenant who calls; another's job or plan does not exist."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def CreateOptimization(  # noqa: N802
        self, request: pb.CreateOptimizationRequest, context: Any
    ) -> pb.CreateOptimizationResponse:
        """Queues an optimization."""
        world, asked = self._world, identify(Method.CREATE, request)
        spec = to_spec(request.spec)
        await world.consumer.wait_for(
            LogToken.decode(request.min_log_token), patience(context, LONGEST_WAIT_SECONDS)
        )
        job = await create(asked, spec, world.jobs, world.knowledge, world.board, world.clock())
        return pb.CreateOptimizationResponse(optimization=from_optimization(job))

    async def GetOptimization(  # noqa: N802
        self, request: pb.GetOptimizationRequest, context: Any
    ) -> pb.GetOptimizationResponse:
        """One optimization as it stands."""
        name = required(request.optimization_id, "optimization_id")
        job = await self._world.jobs.get(current_tenant(), name)
        return pb.GetOptimizationResponse(optimization=from_optimization(job))

    async def CancelOptimization(  # noqa: N802
        self, request: pb.CancelOptimizationRequest, context: Any
    ) -> pb.CancelOptimizationResponse:
        """Stops an optimization; answers when it has stopped."""
        world, asked = self._world, identify(Method.CANCEL, request)
        name = required(request.optimization_id, "optimization_id")
        job = await cancel(asked, name, world.jobs, world.board, world.clock())
        return pb.CancelOptimizationResponse(optimization=from_optimization(job))

    async def WatchOptimization(  # noqa: N802
        self, request: pb.WatchOptimizationRequest, context: Any
    ) -> AsyncIterator[pb.WatchOptimizationResponse]:
        """The optimization now and after each step, until it has ended."""
        world, name = self._world, required(request.optimization_id, "optimization_id")
        async for job in watch(current_tenant(), name, world.jobs, world.board):
            yield pb.WatchOptimizationResponse(optimization=from_optimization(job))

    async def GetPlan(self, request: pb.GetPlanRequest, context: Any) -> pb.GetPlanResponse:  # noqa: N802
        """One plan."""
        name = required(request.plan_id, "plan_id")
        plan = await self._world.plans.get(current_tenant(), name)
        return pb.GetPlanResponse(plan=to_message(plan))

    async def PromotePlan(  # noqa: N802
        self, request: pb.PromotePlanRequest, context: Any
    ) -> pb.PromotePlanResponse:
        """Makes a plan the one that is followed, if the gate lets it pass."""
        world, asked = self._world, identify(Method.PROMOTE, request)
        name = required(request.plan_id, "plan_id")
        plan, token = await promote(
            asked, name, world.plans, world.knowledge, world.publisher, world.clock()
        )
        metrics.MOVES.labels(Method.PROMOTE).inc()
        return pb.PromotePlanResponse(plan=to_message(plan), log_token=token)

    async def RollbackPlan(  # noqa: N802
        self, request: pb.RollbackPlanRequest, context: Any
    ) -> pb.RollbackPlanResponse:
        """Goes back to the plan before the promoted one."""
        world, asked = self._world, identify(Method.ROLLBACK, request)
        name = required(request.plan_id, "plan_id")
        plan, token = await roll_back(asked, name, world.plans, world.publisher, world.clock())
        metrics.MOVES.labels(Method.ROLLBACK).inc()
        return pb.RollbackPlanResponse(plan=to_message(plan) if plan else None, log_token=token)
