"""The real process, over real sockets, fed through the real log."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from dramatis.api.common.v1 import stage_pb2
from dramatis.api.optimizer.v1 import optimizer_pb2 as pb
from dramatis.api.optimizer.v1 import optimizer_pb2_grpc
from dramatis.core.plan_record import PlanRecord
from dramatis.runtime import sqlite_log, status, topics
from dramatis.runtime.event_log import NewRecord
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sqlite_log import SqliteLog
from dramatis.wire import campaigns, personas, plans
from tests.servers.homes import Environment, shared
from tests.unit.optimizer import given

KEYS = {"acme": "a-key-of-acme-0123", "beta": "a-key-of-beta-0123"}


class Client:
    """Calls as one tenant."""

    def __init__(self, channel: grpc.aio.Channel, tenant: str = "acme") -> None:
        self._stub: Any = optimizer_pb2_grpc.OptimizerServiceStub(channel)
        self._metadata = [("authorization", f"Bearer {KEYS[tenant]}")]

    async def __call__(self, method: str, **fields: Any) -> Any:
        request = getattr(pb, f"{method}Request")(**fields)
        call = getattr(self._stub, method)
        return await call(request, metadata=self._metadata, timeout=60)

    async def refused(self, method: str, **fields: Any) -> tuple[str, str]:
        """Code and reason of a call that must fail."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self(method, **fields)
        info = status.error_info(caught.value)
        assert info
        return caught.value.code().name, info.reason

    async def watch(self, optimization_id: str) -> list[Any]:
        request = pb.WatchOptimizationRequest(optimization_id=optimization_id)
        calls = self._stub.WatchOptimization(request, metadata=self._metadata, timeout=60)
        return [answer.optimization async for answer in calls]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def serving(
    state: Path, stores: Environment | None = None
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Any]]:
    port = free_port()
    environ = {
        **os.environ,
        **(stores or {}),
        "DRAMATIS_STATE_DIR": str(state),
        "DRAMATIS_API_KEYS": ",".join(f"{tenant}:{key}" for tenant, key in KEYS.items()),
        "DRAMATIS_OPTIMIZER_GRPC_ADDRESS": f"127.0.0.1:{port}",
        "DRAMATIS_OPTIMIZER_HTTP_ADDRESS": f"127.0.0.1:{free_port()}",
        "DRAMATIS_OPTIMIZER_DRAIN_WAIT_SECONDS": "0",
        "OMP_NUM_THREADS": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dramatis.optimizer", env=environ
    )
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            await ready(channel)
            yield process, channel
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 20) == 0


async def ready(channel: Any) -> None:
    stub = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest()
    async with asyncio.timeout(60):
        async for answer in stub.Watch(request, wait_for_ready=True):
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return


@asynccontextmanager
async def opened_log(state: Path) -> AsyncIterator[SqliteLog]:
    async with SqliteLog.open(state / sqlite_log.FILE_NAME) as log:
        yield log


async def tell(state: Path, set_id: str = "set-1", count: int = 8) -> str:
    """Publishes personas and campaigns as the other services do; the token that covers them."""
    inputs = given.inputs(set_id=set_id, personas=count)
    known = personas.from_persona_set(inputs.personas)
    records = [NewRecord(topics.PERSONAS.name, "acme", set_id, known)]
    for one in inputs.campaigns:
        value = campaigns.from_campaign(one).SerializeToString()
        name = f"acme/{one.campaign_id}"
        records.append(NewRecord(topics.CAMPAIGNS.name, name, f"{name}:{set_id}", value))
    async with opened_log(state) as log:
        return LogToken.after(await log.append(records)).encode()


async def published(state: Path) -> Sequence[PlanRecord | None]:
    async with opened_log(state) as log, log.tail([topics.PLANS.name]) as subscription:
        records = await subscription.poll(100, 0.1)
        return [plans.to_plan_record(one.value) if one.value else None for one in records]


async def optimize(client: Client, token: str, name: str, **spec: Any) -> Any:
    made = await client("CreateOptimization", request_id=name, spec=spec, min_log_token=token)
    return (await client.watch(made.optimization.optimization_id))[-1]


async def test_from_personas_to_a_followed_plan_and_back(
    tmp_path: Path, stores: Environment
) -> None:
    async with serving(tmp_path, stores) as (_, channel):
        client = Client(channel)
        assert await client.refused("CreateOptimization", request_id="r0") == (
            "FAILED_PRECONDITION", "NO_PERSONAS",
        )  # fmt: skip
        token = await tell(tmp_path)
        made = await client("CreateOptimization", request_id="r1", min_log_token=token,
                            spec={"seed": 5, "draw_count": 64})  # fmt: skip
        name = made.optimization.optimization_id
        seen = await client.watch(name)
        assert seen[-1].state == stage_pb2.JOB_STATE_SUCCEEDED
        assert [one.progress for one in seen] == sorted(one.progress for one in seen)
        assert len(seen[-1].learning_curve) >= 2
        plan = (await client("GetPlan", plan_id=seen[-1].plan_id)).plan
        assert plan.state == pb.PLAN_STATE_PROPOSED
        values = {one.policy: one.held_out_value for one in plan.policy_values}
        assert values[plan.policy] >= values["best_fixed"] > values["nothing"] == 0

        first = await client("PromotePlan", request_id="p1", plan_id=plan.plan_id)
        assert first.plan.state == pb.PLAN_STATE_PROMOTED
        assert first == await client("PromotePlan", request_id="p1", plan_id=plan.plan_id)
        [record] = await published(tmp_path)
        assert plans.to_message(record) == first.plan if record else False
        assert LogToken.decode(first.log_token).next_offsets

        other = await optimize(client, token, "r2", seed=6, draw_count=64)
        await client("PromotePlan", request_id="p2", plan_id=other.plan_id)
        retired = (await client("GetPlan", plan_id=plan.plan_id)).plan
        assert retired.state == pb.PLAN_STATE_RETIRED
        back = await client("RollbackPlan", request_id="b1", plan_id=other.plan_id)
        assert back.plan.plan_id == plan.plan_id
        [record] = await published(tmp_path)
        assert record
        assert record.plan_id == plan.plan_id

        newer = await tell(tmp_path, "set-2")
        await client("CreateOptimization", request_id="r3", min_log_token=newer)
        assert await client.refused("PromotePlan", request_id="p3", plan_id=other.plan_id) == (
            "FAILED_PRECONDITION", "STALE_PERSONAS",
        )  # fmt: skip
        none = await client("RollbackPlan", request_id="b2", plan_id=plan.plan_id)
        assert not none.HasField("plan")
        assert await published(tmp_path) in ([], [None])


async def test_errors_name_what_is_wrong(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, channel):
        client, stranger = Client(channel), Client(channel, "beta")
        token = await tell(tmp_path)
        made = await client("CreateOptimization", request_id="r1", min_log_token=token,
                            spec={"draw_count": 16, "train_steps": 4096})  # fmt: skip
        name = made.optimization.optimization_id
        await client.watch(name)
        for call, expected in {
            ("CreateOptimization",): ("INVALID_ARGUMENT", "REQUEST_ID_MISSING"),
            ("GetOptimization",): ("INVALID_ARGUMENT", "INVALID"),
            ("GetPlan",): ("INVALID_ARGUMENT", "INVALID"),
        }.items():
            assert await client.refused(*call) == expected
        invalid = ("INVALID_ARGUMENT", "INVALID")
        for spec in ({"horizon_days": -1}, {"seed": -1}, {"campaign_ids": ["gone"]}):
            fields = {"request_id": json.dumps(spec), "spec": spec}
            assert await client.refused("CreateOptimization", **fields) == invalid
        assert await client.refused(
            "CreateOptimization", request_id="risk", spec={"risk_share": 0.1}
        ) == ("UNIMPLEMENTED", "RISK_MEASURE")
        assert await client.refused("CreateOptimization", request_id="r1", spec={"seed": 9}) == (
            "INVALID_ARGUMENT",
            "REQUEST_ID_REUSED",
        )
        assert await client.refused(
            "CreateOptimization", request_id="t", min_log_token="nonsense"
        ) == ("INVALID_ARGUMENT", "BAD_LOG_TOKEN")
        for who in (stranger, client):
            unknown = name if who is stranger else "opt-gone"
            missing = ("NOT_FOUND", "NOT_FOUND")
            assert await who.refused("GetOptimization", optimization_id=unknown) == missing
            fields = {"request_id": "x", "optimization_id": unknown}
            assert await who.refused("CancelOptimization", **fields) == missing
            plan = {"plan_id": unknown.replace("opt-", "plan-")}
            assert await who.refused("GetPlan", **plan) == missing
            assert await who.refused("PromotePlan", request_id="x", **plan) == missing
            assert await who.refused("RollbackPlan", request_id="x", **plan) == missing


async def test_a_kill_in_the_middle_changes_nothing_of_the_outcome(
    tmp_path: Path, stores: Environment
) -> None:
    spec = {"seed": 5, "draw_count": 64, "train_steps": 150_000}
    (whole := tmp_path / "whole").mkdir()
    (killed := tmp_path / "killed").mkdir()
    async with serving(whole) as (_, channel):
        client = Client(channel)
        expected = await optimize(client, await tell(whole), "r1", **spec)
        plan = (await client("GetPlan", plan_id=expected.plan_id)).plan
    token = await tell(killed)
    async with serving(killed, stores) as (process, channel):
        client = Client(channel)
        made = await client("CreateOptimization", request_id="r1", spec=spec, min_log_token=token)
        name = made.optimization.optimization_id
        async with asyncio.timeout(60):
            while not (await client("GetOptimization", optimization_id=name)).optimization.progress:
                await asyncio.sleep(0.02)
        process.kill()
        await process.wait()
    async with serving(killed, stores) as (_, channel):
        client = Client(channel)
        ended = (await client.watch(name))[-1]
        again = (await client("GetPlan", plan_id=ended.plan_id)).plan
    assert ended.learning_curve == expected.learning_curve
    for one in (plan, again):
        one.ClearField("create_time")
    assert again == plan


async def test_processes_share_one_queue_and_hear_of_one_another(
    tmp_path: Path, postgres_database: str
) -> None:
    """Two jobs are worked on at a time; either process shows and stops the other's."""
    token, stores = await tell(tmp_path), shared(postgres_database)
    async with serving(tmp_path, stores) as (_, here), serving(tmp_path, stores) as (_, there):
        one, two = Client(here), Client(there)
        names = []
        for request_id in ("r1", "r2"):
            made = await one("CreateOptimization", request_id=request_id, min_log_token=token,
                             spec={"train_steps": 100_000_000, "draw_count": 8})  # fmt: skip
            names.append(made.optimization.optimization_id)
        async with asyncio.timeout(120):
            for name in names:
                while not (
                    await two("GetOptimization", optimization_id=name)
                ).optimization.progress:
                    await asyncio.sleep(0.05)
        for client in (one, two):
            for number, name in enumerate(names):
                asked = {"request_id": f"c{number}", "optimization_id": name}
                ended = (await client("CancelOptimization", **asked)).optimization
                assert ended.state == stage_pb2.JOB_STATE_CANCELLED
                assert (await client("GetPlan", plan_id=ended.plan_id)).plan.personas


async def test_a_running_job_is_cancelled_and_keeps_its_best_plan(tmp_path: Path) -> None:
    token = await tell(tmp_path)
    async with serving(tmp_path) as (_, channel):
        client = Client(channel)
        made = await client("CreateOptimization", request_id="r1", min_log_token=token,
                            spec={"train_steps": 100_000_000})  # fmt: skip
        name = made.optimization.optimization_id
        async with asyncio.timeout(60):
            while not (await client("GetOptimization", optimization_id=name)).optimization.progress:
                await asyncio.sleep(0.05)
        fields = {"request_id": "c1", "optimization_id": name}
        ended = (await client("CancelOptimization", **fields)).optimization
        assert ended.state == stage_pb2.JOB_STATE_CANCELLED
        assert (await client("CancelOptimization", **fields)).optimization == ended
        assert (await client("GetPlan", plan_id=ended.plan_id)).plan.personas


async def test_stops_in_the_middle_of_a_job_when_asked_to(tmp_path: Path) -> None:
    token = await tell(tmp_path)
    async with serving(tmp_path) as (process, channel):
        spec = {"train_steps": 100_000_000}
        await Client(channel)("CreateOptimization", request_id="r", spec=spec, min_log_token=token)
        await asyncio.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0
