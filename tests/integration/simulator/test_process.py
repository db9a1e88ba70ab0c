"""One job from the log to the log, kill -9, cancelling, bad requests: all through real sockets."""

import asyncio
import time
import urllib.request
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from dramatis.api.common.v1 import stage_pb2
from dramatis.api.simulator.v1 import simulator_pb2 as pb
from dramatis.runtime import topics
from dramatis.runtime.event_log import NewRecord
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sqlite_log import FILE_NAME, SqliteLog
from dramatis.runtime.status import error_info, retry_info
from dramatis.wire.campaigns import from_campaign
from dramatis.wire.forecasts import to_table
from dramatis.wire.personas import from_persona_set
from tests.integration.simulator.conftest import Connect, Simulator, Start
from tests.servers.homes import Environment
from tests.unit.simulator.given import campaign, personas

ENDED = {stage_pb2.JOB_STATE_SUCCEEDED, stage_pb2.JOB_STATE_FAILED, stage_pb2.JOB_STATE_CANCELLED}
MANY = 60


async def tell(state_dir: Path, count: int = 2) -> str:
    """Writes a campaign and personas as the other services do; returns the log token."""
    records = [
        NewRecord(
            topics.CAMPAIGNS.name, "acme/a", "a-1", from_campaign(campaign()).SerializeToString()
        ),
        NewRecord(topics.PERSONAS.name, "acme", "s-1", from_persona_set(personas(count=count))),
    ]
    async with SqliteLog.open(state_dir / FILE_NAME) as log:
        return LogToken.after(await log.append(records)).encode()


def asked(token="", name="r1", **spec):
    return pb.CreateSimulationRequest(
        request_id=name, spec=pb.SimulationSpec(**spec), min_log_token=token
    )


async def watched(calls, name):
    """All that a watcher sees."""
    stream = calls.WatchSimulation(pb.WatchSimulationRequest(simulation_id=name), timeout=60)
    return [each.simulation async for each in stream]


async def listed(calls, name, page_size=0):
    """All forecasts, page by page, and the number of pages."""
    found, token, pages = [], "", 0
    while pages == 0 or token:
        answer = await calls.ListForecasts(
            pb.ListForecastsRequest(simulation_id=name, page_size=page_size, page_token=token)
        )
        found, token, pages = [*found, *answer.forecasts], answer.next_page_token, pages + 1
    return found, pages


async def published(state_dir: Path):
    """The records of the topic."""
    async with SqliteLog.open(state_dir / FILE_NAME) as log:
        end = await log.end([topics.FORECASTS.name])
        found = []
        async with log.tail([topics.FORECASTS.name]) as subscription:
            while not subscription.position.covers(end):
                found += await subscription.poll(1000, 0.2)
        return [pb.Forecast.FromString(each.value) for each in found]


async def test_from_personas_in_the_log_to_forecasts_in_the_log(
    start: Start, connect: Connect, stores: Environment
) -> None:
    began = time.monotonic()
    simulator = start(**stores)
    port, http = simulator.ports()
    calls = connect(port)
    token = await tell(simulator.state_dir)
    created = await calls.CreateSimulation(asked(token, seed=3))
    print(f"ready and created after {time.monotonic() - began:.1f} s")
    job = created.simulation
    assert list(job.spec.campaign_ids) == ["a"]
    assert list(job.spec.recipient_counts) == [500, 500]
    seen = await watched(calls, job.simulation_id)
    assert seen[-1].state == stage_pb2.JOB_STATE_SUCCEEDED
    assert seen[-1].device == "cpu"
    again = await calls.CreateSimulation(asked(token, seed=3))
    assert again == created

    forecasts, pages = await listed(calls, job.simulation_id, page_size=3)
    assert pages == 2
    assert [(each.persona_id, each.campaign_id) for each in forecasts] == [
        ("p0", "a"), ("p0", "control"), ("p1", "a"), ("p1", "control"),
    ]  # fmt: skip
    in_log = await published(simulator.state_dir)
    assert sorted(in_log, key=str) == sorted(forecasts, key=str)
    assert to_table(in_log) is not None

    everything = await calls.ListSimulations(pb.ListSimulationsRequest())
    assert [each.simulation_id for each in everything.simulations] == [job.simulation_id]
    with urllib.request.urlopen(f"http://127.0.0.1:{http}/metrics") as page:
        assert b'dramatis_simulator_jobs_total{state="succeeded"} 1.0' in page.read()


async def test_the_track_record_of_forecasts_made_blind(start: Start, connect: Connect) -> None:
    simulator = start()
    calls = connect(simulator.ports()[0])
    token = await tell(simulator.state_dir)
    spec = {"evidence_use": pb.EVIDENCE_USE_NONE}
    name = (await calls.CreateSimulation(asked(token, **spec))).simulation.simulation_id
    await watched(calls, name)
    record = await calls.GetTrackRecord(pb.GetTrackRecordRequest())
    assert [each.stage for each in record.stages] == [stage_pb2.STAGE_VISIT]
    assert record.stages[0].forecast_count == 4
    none = await calls.GetTrackRecord(pb.GetTrackRecordRequest(stage=stage_pb2.STAGE_OPEN))
    assert not none.stages


async def test_a_job_survives_kill_9_with_the_same_result(
    start: Start, connect: Connect, stores: Environment
) -> None:
    spec = {"seed": 9, "draw_count": 10_000}
    simulator = start(**stores)
    token = await tell(simulator.state_dir, count=MANY)
    calls = connect(simulator.ports()[0])
    name = (await calls.CreateSimulation(asked(token, **spec))).simulation.simulation_id
    stream = calls.WatchSimulation(pb.WatchSimulationRequest(simulation_id=name))
    async for each in stream:
        if each.simulation.progress > 0.1:
            break
    simulator.kill()

    simulator = start(**stores)
    calls = connect(simulator.ports()[0])
    seen = await watched(calls, name)
    assert seen[-1].state == stage_pb2.JOB_STATE_SUCCEEDED
    other = (await calls.CreateSimulation(asked(token, "r2", **spec))).simulation.simulation_id
    await watched(calls, other)
    (first, _), (second, _) = await listed(calls, name), await listed(calls, other)
    assert len(first) == 2 * MANY
    for each in second:
        each.simulation_id = name
    assert first == second


async def test_a_running_job_stops_within_a_second(start: Start, connect: Connect) -> None:
    simulator = start()
    token = await tell(simulator.state_dir, count=10 * MANY)
    calls = connect(simulator.ports()[0])
    spec = {"draw_count": 10_000}
    name = (await calls.CreateSimulation(asked(token, **spec))).simulation.simulation_id
    later = (await calls.CreateSimulation(asked(token, "r2", draw_count=5))).simulation
    stream = calls.WatchSimulation(pb.WatchSimulationRequest(simulation_id=name))
    async for each in stream:
        if each.simulation.state == stage_pb2.JOB_STATE_RUNNING:
            break
    await calls.CancelSimulation(pb.CancelSimulationRequest(request_id="c", simulation_id=name))
    async with asyncio.timeout(1):
        last = [each.simulation.state async for each in stream][-1]
    assert last == stage_pb2.JOB_STATE_CANCELLED
    assert (await watched(calls, later.simulation_id))[-1].state == stage_pb2.JOB_STATE_SUCCEEDED
    assert {each.simulation_id for each in await published(simulator.state_dir)} == {
        later.simulation_id
    }


@pytest.mark.parametrize(
    ("method", "request_message", "code", "field"),
    [
        ("CreateSimulation", asked(name=""), "INVALID_ARGUMENT", "request_id"),
        ("CreateSimulation", asked(seed=-1), "INVALID_ARGUMENT", "spec.seed"),
        ("CreateSimulation", asked("rubbish"), "INVALID_ARGUMENT", "min_log_token"),
        ("CreateSimulation", asked(), "FAILED_PRECONDITION", None),
        ("GetSimulation", pb.GetSimulationRequest(), "INVALID_ARGUMENT", "simulation_id"),
        ("GetSimulation", pb.GetSimulationRequest(simulation_id="x"), "NOT_FOUND", None),
        ("CancelSimulation", pb.CancelSimulationRequest(request_id="r", simulation_id="x"),
         "NOT_FOUND", None),
        ("ListForecasts", pb.ListForecastsRequest(simulation_id="x"), "NOT_FOUND", None),
        ("ListSimulations", pb.ListSimulationsRequest(page_size=-1), "INVALID_ARGUMENT",
         "page_size"),
        ("ListSimulations", pb.ListSimulationsRequest(page_token="x"), "INVALID_ARGUMENT",
         "page_token"),
        ("GetTrackRecord", pb.GetTrackRecordRequest(stage=77), "INVALID_ARGUMENT", "stage"),
    ],
)  # fmt: skip
async def test_bad_requests(shared, connect, method, request_message, code, field) -> None:
    calls = connect(shared)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await getattr(calls, method)(request_message)
    info = error_info(error.value)
    assert error.value.code().name == code
    assert info.domain == "dramatis"
    assert info.metadata.get("field") == field


async def test_a_log_token_of_the_future_is_not_waited_for_forever(shared, connect) -> None:
    future = LogToken({("personas", 0): 10**9}).encode()
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await connect(shared).CreateSimulation(asked(future), timeout=1)
    assert error.value.code() is grpc.StatusCode.UNAVAILABLE
    assert retry_info(error.value)


async def test_health_is_that_of_the_service(shared) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{shared}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        name = "dramatis.api.simulator.v1.SimulatorService"
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=name))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """The gRPC port of one process without personas, for tests that change nothing."""
    simulator = Simulator(tmp_path_factory.mktemp("shared"))
    yield simulator.ports()[0]
    simulator.kill()


def test_a_device_that_is_not_there_stops_the_start(start) -> None:
    simulator = start(DRAMATIS_SIMULATOR_DEVICE="cuda:99")
    output, _ = simulator.process.communicate(timeout=30)
    assert simulator.process.returncode == 1
    assert "DRAMATIS_SIMULATOR_DEVICE is cuda:99" in output
