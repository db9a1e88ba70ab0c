"""The RPCs of the simulator: check, convert, hand to the use case, answer."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

from dramatis.api.simulator.v1 import simulator_pb2 as pb
from dramatis.api.simulator.v1 import simulator_pb2_grpc
from dramatis.core.errors import Invalid
from dramatis.runtime.identity import current_tenant
from dramatis.runtime.log_token import LogToken
from dramatis.simulator.adapters import pages
from dramatis.simulator.adapters.messages import from_job, to_asked
from dramatis.simulator.app import jobs
from dramatis.simulator.app.track_record import track_record
from dramatis.simulator.app.world import World
from dramatis.simulator.ports import Forecast, Request
from dramatis.wire.campaigns import from_stage, to_stage

Context = Any
WaitFor = Callable[[LogToken, float], Awaitable[None]]
"""Waits until the store holds what a token covers; gives up after seconds."""

MAX_REQUEST_ID: Final = 128
MAX_PAGE_BYTES: Final = 3 << 20
"""A page ends early before it is too long for one message."""
PATIENCE_SECONDS: Final = 10.0
"""How long a call without a deadline waits for the log."""
MARGIN_SECONDS: Final = 0.2
"""Left of a deadline for the answer."""
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
        await self._wait_for(wanted, patience(context.time_remaining()))
        body = await jobs.create(
            self._world, call, to_asked(request.spec),
            lambda job: pb.CreateSimulationResponse(simulation=from_job(job)).SerializeToString(),
        )  # fmt: skip
        return pb.CreateSimulationResponse.FromString(body)

    async def GetSimulation(  # noqa: N802
        self, request: pb.GetSimulationRequest, context: Context
    ) -> pb.GetSimulationResponse:
        """One simulation as it stands."""
        seen = await jobs.get(self._world, current_tenant(), required(request.simulation_id))
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
            self._world, call, required(request.simulation_id),
            lambda job: pb.CancelSimulationResponse(simulation=from_job(job)).SerializeToString(),
        )  # fmt: skip
        return pb.CancelSimulationResponse.FromString(body)

    async def WatchSimulation(  # noqa: N802
        self, request: pb.WatchSimulationRequest, context: Context
    ) -> AsyncIterator[pb.WatchSimulationResponse]:
        """The simulation at once and after each step, until it ends."""
        tenant, name = current_tenant(), required(request.simulation_id)
        async for seen in jobs.watch(self._world, tenant, name):
            yield pb.WatchSimulationResponse(simulation=from_job(seen.job, seen.seconds_left))

    async def ListForecasts(  # noqa: N802
        self, request: pb.ListForecastsRequest, context: Context
    ) -> pb.ListForecastsResponse:
        """The forecasts of one simulation, by persona, then campaign."""
        tenant, name = current_tenant(), required(request.simulation_id)
        listing = f"forecasts {tenant} {name}"
        most = pages.size(request.page_size, 1_000, 10_000)
        persona, campaign = pages.place(listing, request.page_token, ["", ""])
        await jobs.get(self._world, tenant, name)
        after = (str(persona), str(campaign))
        found = await self._world.store.forecasts(tenant, name, after, most + 1)
        shown = fitting(found[:most])
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


def fitting(found: Sequence[Forecast]) -> Sequence[Forecast]:
    """As many of them as one message holds, at least one."""
    room = MAX_PAGE_BYTES
    for count, one in enumerate(found):
        room -= len(one.record)
        if room < 0:
            return found[: max(count, 1)]
    return found


class _Mutating(Protocol):
    request_id: str

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802


def identify(method: str, message: _Mutating) -> Request:
    """The caller's request, by tenant, method and id.

    Raises:
        Invalid: there is no id, or it is too long.
    """
    if not message.request_id:
        raise Invalid(
            "request_id is required: a new one for each request, the same when sending again",
            reason="REQUEST_ID_MISSING",
            field="request_id",
        )
    if len(message.request_id) > MAX_REQUEST_ID:
        raise Invalid(f"request_id has at most {MAX_REQUEST_ID} characters", field="request_id")
    body = message.SerializeToString(deterministic=True)
    digest = hashlib.blake2b(body, digest_size=16).digest()
    return Request(current_tenant(), method, message.request_id, digest)


def required(simulation_id: str) -> str:
    """The id, which must be there."""
    if not simulation_id:
        raise Invalid("simulation_id is required", field="simulation_id")
    return simulation_id


def patience(remaining: float | None) -> float:
    """Seconds that a call may wait, by its deadline."""
    return PATIENCE_SECONDS if remaining is None else max(remaining - MARGIN_SECONDS, 0.0)
