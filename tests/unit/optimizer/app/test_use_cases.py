import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import pytest

from dramatis.core.errors import Conflict, DramatisError, Invalid, NotFound, Unavailable
from dramatis.core.lease import Lease
from dramatis.core.plan_record import PlanRecord, PlanState
from dramatis.core.request import Request
from dramatis.optimizer.adapters.memory import MemoryJobs, MemoryKnowledge, MemoryPlans
from dramatis.optimizer.adapters.relay import relay
from dramatis.optimizer.adapters.worker import Worker
from dramatis.optimizer.app.board import Board
from dramatis.optimizer.app.create import create
from dramatis.optimizer.app.follow import cancel, watch
from dramatis.optimizer.app.optimize import optimize
from dramatis.optimizer.app.promote import Publisher, promote, roll_back
from dramatis.optimizer.domain.history import Move
from dramatis.optimizer.domain.job import ATTEMPTS, JobState, Optimization, Spec
from dramatis.optimizer.ports import Known, Method
from tests.unit.optimizer import given

NOW = given.NOW
QUICK = Spec(draw_count=32, train_steps=4096)
LEASE = Lease.of("w1", NOW)


class MemoryTopic:
    """A topic that may be out of reach."""

    def __init__(self) -> None:
        self.records: list[tuple[int, PlanRecord | None]] = []
        self.down = False

    async def publish(self, move: Move, plan: PlanRecord | None) -> str:
        if self.down:
            raise Unavailable("the log is away")
        self.records.append((move.number, plan))
        return f"token-{move.number}"


@dataclass
class World:
    knowledge: MemoryKnowledge = field(default_factory=MemoryKnowledge)
    plans: MemoryPlans = field(default_factory=MemoryPlans)
    topic: MemoryTopic = field(default_factory=MemoryTopic)
    board: Board = field(default_factory=Board)
    executor: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def __post_init__(self) -> None:
        self.jobs = MemoryJobs(self.plans)
        self.publisher = Publisher(self.plans, self.topic, self.board)

    def learn(self, set_id: str = "set-1") -> None:
        inputs = given.inputs(set_id=set_id)
        self.knowledge.known["acme"] = Known(inputs.personas, inputs.campaigns)

    def hold(self, *plans: PlanRecord) -> None:
        self.plans.held |= {(plan.tenant, plan.plan_id): plan for plan in plans}

    async def create(self, name: str = "r1", spec: Spec = QUICK) -> Optimization:
        asked = request(Method.CREATE, name)
        return await create(asked, spec, self.jobs, self.knowledge, self.board, NOW)

    async def work(self) -> Optimization:
        taken = await self.jobs.take(LEASE)
        assert taken
        return await optimize(*taken, self.jobs, self.board, self.executor, lambda: NOW)

    async def promote(self, plan_id: str, name: str) -> tuple[PlanRecord, str]:
        asked = request(Method.PROMOTE, name)
        return await promote(asked, plan_id, self.plans, self.knowledge, self.publisher, NOW)

    async def roll_back(self, plan_id: str, name: str) -> tuple[PlanRecord | None, str]:
        asked = request(Method.ROLLBACK, name)
        return await roll_back(asked, plan_id, self.plans, self.publisher, NOW)


def request(method: Method, name: str, digest: bytes = b"d") -> Request:
    return Request("acme", method, name, digest)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    made.executor.shutdown()


async def refused(awaiting: object) -> str:
    with pytest.raises(DramatisError) as caught:
        await awaiting  # type: ignore[misc]
    return caught.value.reason


async def test_without_personas_there_is_nothing_to_optimize(world: World) -> None:
    with pytest.raises(Conflict) as caught:
        await world.create()
    assert caught.value.reason == "NO_PERSONAS"


async def test_personas_on_their_way_are_waited_for_by_the_caller(world: World) -> None:
    world.knowledge.known["acme"] = Known(None, (), awaited="set-2")
    with pytest.raises(Unavailable) as caught:
        await world.create()
    assert caught.value.reason == "NOT_CAUGHT_UP"


async def test_campaigns_must_be_known_and_by_default_live(world: World) -> None:
    inputs = given.inputs()
    paused = given.campaign("paused", paused=True)
    world.knowledge.known["acme"] = Known(inputs.personas, (*inputs.campaigns, paused))
    assert (await world.create()).spec.campaign_ids == ("c0", "c1", "c2")
    named = await world.create("r2", Spec(campaign_ids=("paused", "c1")))
    assert named.spec.campaign_ids == ("c1", "paused")
    with pytest.raises(Invalid) as caught:
        await world.create("r3", Spec(campaign_ids=("c0", "gone")))
    assert caught.value.metadata["field"] == "spec.campaign_ids[1]"
    world.knowledge.known["acme"] = Known(inputs.personas, (paused,))
    assert await refused(world.create("r4")) == "NO_CAMPAIGNS"


async def test_a_job_runs_to_its_plan_and_watchers_see_it_end(world: World) -> None:
    world.learn()
    job = await world.create()
    seen: list[Optimization] = []

    async def look() -> None:
        async for each in watch("acme", job.optimization_id, world.jobs, world.board):
            seen.append(each)

    looking = asyncio.create_task(look())
    await asyncio.sleep(0.01)
    ended = await world.work()
    await asyncio.wait_for(looking, 5)
    assert [seen[0].state, seen[-1].state] == [JobState.PENDING, JobState.SUCCEEDED]
    assert (ended.progress, ended.end_time) == (1.0, NOW)
    assert ended.curve[-1].steps >= 4096
    plan = await world.plans.get("acme", ended.plan_id)
    assert plan.persona_set_id == "set-1"
    assert plan.state is PlanState.PROPOSED


async def test_the_same_request_makes_one_job_and_gets_its_first_answer(world: World) -> None:
    world.learn()
    job = await world.create()
    await world.work()
    assert await world.create() == job
    assert await world.jobs.take(LEASE) is None


async def test_a_pending_job_is_cancelled_at_once(world: World) -> None:
    world.learn()
    job = await world.create()
    asked = request(Method.CANCEL, "c1")
    stopped = await cancel(asked, job.optimization_id, world.jobs, world.board, NOW)
    assert (stopped.state, stopped.plan_id) == (JobState.CANCELLED, "")
    assert await cancel(asked, job.optimization_id, world.jobs, world.board, NOW) == stopped


async def test_a_running_job_that_is_cancelled_keeps_its_best_plan(world: World) -> None:
    world.learn()
    job = await world.create(spec=replace(QUICK, train_steps=100_000_000))
    working = asyncio.create_task(world.work())
    async for each in watch("acme", job.optimization_id, world.jobs, world.board):
        if each.curve:
            break
    asked = request(Method.CANCEL, "c1")
    stopped = await asyncio.wait_for(
        cancel(asked, job.optimization_id, world.jobs, world.board, NOW), 20
    )
    assert (await working) == stopped
    assert stopped.state is JobState.CANCELLED
    assert stopped.progress < 0.01
    assert "ppo" in {
        value.policy for value in (await world.plans.get("acme", stopped.plan_id)).policy_values
    }


async def test_a_job_whose_worker_died_comes_again_and_ends_the_same(world: World) -> None:
    world.learn()
    other = World()
    other.learn()
    await world.create()
    await other.create()
    await other.jobs.take(LEASE)  # and its worker is gone
    first, again = await world.work(), await other.work()
    assert first == again
    assert world.plans.held == other.plans.held
    other.executor.shutdown()


async def test_a_job_that_cannot_be_done_says_why(world: World) -> None:
    world.learn()
    known = world.knowledge.known["acme"]
    strange = replace(given.campaign("s"), stimulus=replace(known.campaigns[0].stimulus,
                      attributes={"category": "boats"}))  # fmt: skip
    world.knowledge.known["acme"] = Known(known.personas, (strange,))
    await world.create()
    ended = await world.work()
    assert ended.state is JobState.FAILED
    assert ended.failure
    assert (ended.failure.code, ended.failure.reason) == (9, "NO_FORECAST")


async def test_more_draws_than_memory_holds_are_refused(world: World) -> None:
    inputs = given.inputs(personas=64, campaigns=8)
    world.knowledge.known["acme"] = Known(inputs.personas, inputs.campaigns)
    with pytest.raises(Invalid) as caught:
        await world.create(spec=Spec(draw_count=10_000))
    assert caught.value.metadata["field"] == "spec.draw_count"
    assert "at most 8,680 " in caught.value.message
    await world.create(spec=Spec(draw_count=8_680))


async def test_a_job_that_takes_the_process_down_again_and_again_ends(world: World) -> None:
    world.learn()
    job = await world.create()
    for _ in range(ATTEMPTS):
        await world.jobs.take(LEASE)  # and the process died
    working = asyncio.create_task(
        Worker(
            world.jobs, world.board, lambda: NOW, name="w1", threads=1, healthy=lambda holds: None
        ).run()
    )
    async with asyncio.timeout(60):
        async for each in watch("acme", job.optimization_id, world.jobs, world.board):
            ended = each
    working.cancel()
    assert ended.state is JobState.FAILED
    assert ended.failure
    assert ended.failure.reason == "WORKER_DIED"


async def test_promotion_retires_the_plan_before_and_rollback_restores_it(world: World) -> None:
    world.learn()
    world.hold(given.plan("plan-1"), given.plan("plan-2"))
    first, token = await world.promote("plan-1", "r1")
    assert (first.state, token) == (PlanState.PROMOTED, "token-1")
    await world.promote("plan-2", "r2")
    assert (await world.plans.get("acme", "plan-1")).state is PlanState.RETIRED
    restored, token = await world.roll_back("plan-2", "r3")
    assert restored
    assert (restored.plan_id, restored.state, token) == ("plan-1", PlanState.PROMOTED, "token-3")
    assert (await world.plans.get("acme", "plan-2")).state is PlanState.RETIRED
    nothing, _ = await world.roll_back("plan-1", "r4")
    assert nothing is None
    assert [plan.plan_id if plan else "" for _, plan in world.topic.records] == [
        "plan-1", "plan-2", "plan-1", "",
    ]  # fmt: skip


async def test_the_same_promotion_is_made_and_published_once(world: World) -> None:
    world.learn()
    world.hold(given.plan("plan-1"), given.plan("plan-2"))
    answer = await world.promote("plan-1", "r1")
    await world.promote("plan-2", "r2")
    world.learn("set-2")  # the gate would refuse it now
    assert await world.promote("plan-1", "r1") == answer
    assert len(world.topic.records) == 2


async def test_the_gate(world: World) -> None:
    world.hold(given.plan("plan-1"), given.plan("bad", value=0.4))
    assert await refused(world.promote("plan-1", "r1")) == "STALE_PERSONAS"
    world.learn("set-2")
    assert await refused(world.promote("plan-1", "r2")) == "STALE_PERSONAS"
    world.learn()
    assert await refused(world.promote("bad", "r3")) == "BELOW_INCUMBENT"
    assert await refused(world.roll_back("plan-1", "r4")) == "NOT_PROMOTED"
    with pytest.raises(NotFound):
        await world.promote("gone", "r5")
    assert world.topic.records == []


async def test_a_promotion_that_the_log_missed_is_published_without_a_next_try(
    world: World,
) -> None:
    world.learn()
    world.hold(given.plan("plan-1"))
    world.topic.down = True
    relaying = asyncio.create_task(relay(world.publisher, world.board))
    with pytest.raises(Unavailable):
        await world.promote("plan-1", "r1")
    world.topic.down = False
    async with asyncio.timeout(5):
        while not world.topic.records:
            await asyncio.sleep(0.01)
    relaying.cancel()
    assert [number for number, _ in world.topic.records] == [1]


async def test_a_promotion_that_the_log_missed_is_published_by_the_next_try(world: World) -> None:
    world.learn()
    world.hold(given.plan("plan-1"))
    world.topic.down = True
    with pytest.raises(Unavailable):
        await world.promote("plan-1", "r1")
    world.topic.down = False
    plan, token = await world.promote("plan-1", "r1")
    assert (plan.state, token) == (PlanState.PROMOTED, "token-1")
    assert len(world.topic.records) == 1
