"""The RPCs of the simulator: check, convert, hand to the use case, answer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from dramatis.api.simulator.v1 import simulator_pb2 as pb
from dramatis.api.simulator.v1 import simulator_pb2_grpc
from dramatis.runtime import pages
from dramatis.runtime.identity import current_tenant
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.requests import identify, patience, required
from dramatis.simulator.adapters.messages import from_job, to_asked
from dramatis.simulator.app import jobs
from dramatis.simulator.app.track_record import track_record
from dramatis.simulator.app.world import World
from dramatis.wire.campaigns import from_stage, to_stage

Context = Any
WaitFor = Callable[[LogToken, float], Awaitable[None]]
"""Waits until the store holds what a token covers; gives up after seconds."""

PATIENCE_SECONDS: Final = 10.0
"""How long a call without a deadline waits for the log."""
NEWEST: Final = 1 << 62

add_to_server = simulator_pb2_grpc.add_SimulatorServiceServicer_to_server


class SimulatorServicer(simulator_pb2_grpc.SimulatorServiceServicer):
    """Answers `dramatis.api.simulator.v1.SimulatorService`."""

    def __init__(self, world: World, wait_for: WaitFor) -> None:
        self._world = world
        self._wait_for = wait_for

    async def CreateSimulation(  # noqa: N802
        self, request: pb.CreateSimulationRequest, context: Context
    ) -> pb.CreateSimulationResponse:
        """Queues a simulation."""
        call = identify("CreateSimulation", request)
        wanted = LogToken.decode(request.min_log_token)
        await self._wait_for(wanted, patience(context, PATIENCE_SECONDS))
        body = await jobs.create(
            self._world, call, to_asked(request.spec),
            lambda job: pb.CreateSimulationResponse(simulation=from_job(job)).SerializeToString(),
        )  # fmt: skip
        return pb.CreateSimulationResponse.FromString(body)

    async def GetSimulation(  # noqa: N802
        self, request: pb.GetSimulationRequest, context: Context
    ) -> pb.GetSimulationResponse:
        """One simulation as it stands."""
        seen = await jobs.get(
            self._world, current_tenant(), required(request.simulation_id, "simulation_id")
        )
        return pb.GetSimulationResponse(simulation=from_job(seen.job, seen.seconds_left))

    async def ListSimulations(  # noqa: N802
        self, request: pb.ListSimulationsRequest, context: Context
    ) -> pb.ListSimulationsResponse:
        """The tenant's simulations, newest first."""
        tenant = current_tenant()
        most = pages.size(request.page_size, 100, 1_000)
        (before,) = pages.place(f"simulations {tenant}", request.page_token, [NEWEST])
        found = await self._world.store.jobs(tenant, int(before), most + 1)
        seen = [jobs.look(self._world, job) for _, job in found[:most]]
        answer = pb.ListSimulationsResponse(
            simulations=[from_job(one.job, one.seconds_left) for one in seen]
        )
        if len(found) > most:
            answer.next_page_token = pages.token(f"simulations {tenant}", [found[most - 1][0]])
        return answer

    async def CancelSimulation(  # noqa: N802
        self, request: pb.CancelSimulationRequest, context: Context
    ) -> pb.CancelSimulationResponse:
        """Stops a simulation."""
        call = identify("CancelSimulation", request)
        body = await jobs.cancel(
            self._world, call, required(request.simulation_id, "simulation_id"),
            lambda job: pb.CancelSimulationResponse(simulation=from_job(job)).SerializeToString(),
        )  # fmt: skip
        return pb.CancelSimulationResponse.FromString(body)

    async def WatchSimulation(  # noqa: N802
        self, request: pb.WatchSimulationRequest, context: Context
    ) -> AsyncIterator[pb.WatchSimulationResponse]:
        """The simulation at once and after each step, until it ends."""
        tenant, name = current_tenant(), required(request.simulation_id, "simulation_id")
        async for seen in jobs.watch(self._world, tenant, name):
            yield pb.WatchSimulationResponse(simulation=from_job(seen.job, seen.seconds_left))

    async def ListForecasts(  # noqa: N802
        self, request: pb.ListForecastsRequest, context: Context
    ) -> pb.ListForecastsResponse:
        """The forecasts of one simulation, by persona, then campaign."""
        tenant, name = current_tenant(), required(request.simulation_id, "simulation_id")
        listing = f"forecasts {tenant} {name}"
        most = pages.size(request.page_size, 1_000, 10_000)
        persona, campaign = pages.place(listing, request.page_token, ["", ""])
        await jobs.get(self._world, tenant, name)
        after = (str(persona), str(campaign))
        found = await self._world.store.forecasts(tenant, name, after, most + 1)
        shown = pages.fitting(found, most, lambda one: len(one.record))
        answer = pb.ListForecastsResponse(
            forecasts=[pb.Forecast.FromString(one.record) for one in shown]
        )
        if len(shown) < len(found):
            last = shown[-1]
            answer.next_page_token = pages.token(listing, [last.persona_id, last.campaign_id])
        return answer

    async def GetTrackRecord(  # noqa: N802
        self, request: pb.GetTrackRecordRequest, context: Context
    ) -> pb.GetTrackRecordResponse:
        """How past forecasts did when reality arrived."""
        stage = to_stage(request.stage, "stage") if request.stage else None
        records = await track_record(self._world, current_tenant(), stage)
        return pb.GetTrackRecordResponse(
            stages=[
                pb.StageTrackRecord(
                    stage=from_stage(one.stage),
                    forecast_count=one.forecast_count,
                    coverage_90=one.coverage_90,
                    log_score_gain=one.log_score_gain,
                    bias=one.bias,
                )
                for one in records
            ]
        )
