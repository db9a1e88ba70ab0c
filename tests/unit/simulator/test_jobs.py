"""Use cases on the memory adapters: queue, run, stop, watch, score."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from dramatis.api.simulator.v1 import simulator_pb2 as pb
from dramatis.core.campaign import Stage
from dramatis.core.errors import Conflict, NotFound, Unavailable
from dramatis.core.evidence import Axes
from dramatis.core.lease import LEASE_SECONDS, Lease
from dramatis.core.request import Request
from dramatis.runtime import topics
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.memory_log import MemoryLog
from dramatis.simulator.adapters.changes import NewCampaign, NewSet
from dramatis.simulator.adapters.forecast_records import ForecastRecords, LogPublisher
from dramatis.simulator.adapters.memory import MemoryStore
from dramatis.simulator.adapters.messages import from_job
from dramatis.simulator.app import jobs, worker
from dramatis.simulator.app.track_record import track_record
from dramatis.simulator.app.world import World
from dramatis.simulator.domain import job as states
from dramatis.simulator.domain.asked import Asked
from dramatis.simulator.domain.job import EvidenceUse, State
from dramatis.simulator.metrics import Meter
from dramatis.wire.forecasts import to_table
from tests.unit.simulator.given import NOW, campaign, inputs, job, personas


def request(name="r1", method="CreateSimulation", tenant="acme"):
    return Request(tenant, method, name, b"digest")


def seal(one):
    return from_job(one).SerializeToString()


def opened(body):
    return pb.Simulation.FromString(body)


@pytest.fixture
async def log():
    return MemoryLog()


@pytest.fixture
async def world(log):
    store = MemoryStore()
    known = [NewSet(personas()), NewCampaign("acme", "a", campaign())]
    await store.learn(known, LogToken())
    return World(store, ForecastRecords(), LogPublisher(log), lambda: NOW, Meter())


async def records(log):
    async with log.tail([topics.FORECASTS.name]) as subscription:
        return await subscription.poll(1000, 0)


async def run_next(world):
    await worker.work(world, *await world.store.next_job(world.lease()))


async def create(world, name="r1", **asked):
    asked = Asked(**{"draw_count": 20, **asked})
    return opened(await jobs.create(world, request(name), asked, seal)).simulation_id


async def test_a_simulation_goes_all_the_way(world, log):
    name = await create(world)
    await run_next(world)
    seen = await jobs.get(world, "acme", name)
    assert seen.job.state is State.SUCCEEDED
    assert seen.job.agent_steps == 1000 * 2 * 20
    published = await records(log)
    assert sorted(one.key for one in published) == [
        "acme/p0/a", "acme/p0/control", "acme/p1/a", "acme/p1/control",
    ]  # fmt: skip
    table = to_table([pb.Forecast.FromString(one.value) for one in published])
    assert table.simulation_id == name
    assert abs(table.rates - 0.1).max() < 0.02


async def test_records_are_out_before_the_job_says_so(world, log):
    name = await create(world)
    state = []
    publish = world.publisher.publish

    async def spy(one, forecasts):
        state.append((await world.store.job("acme", name)).state)
        await publish(one, forecasts)

    world.publisher.publish = spy
    await run_next(world)
    assert state == [State.RUNNING]
    assert len(await records(log)) == 4


async def test_a_log_that_is_away_is_tried_again_without_computing_again(world, log):
    name = await create(world)
    publish = world.publisher.publish

    async def away(one, forecasts):
        raise Unavailable("no log")

    world.publisher.publish = away
    with pytest.raises(Unavailable):
        await run_next(world)
    waiting, _ = await world.store.next_job(world.lease())
    assert waiting.publishing
    world.publisher.publish = publish
    await run_next(world)
    assert (await jobs.get(world, "acme", name)).job.state is State.SUCCEEDED


async def test_the_same_request_makes_one_job(world):
    first = await jobs.create(world, request(), Asked(), seal)
    assert await jobs.create(world, request(), Asked(), seal) == first
    assert len(await world.store.jobs("acme", 100, 100)) == 1


async def test_a_job_that_was_interrupted_runs_again_with_the_same_result(world, log):
    name = await create(world)
    pending, work = await world.store.next_job(world.lease())
    await world.store.change(pending, states.begin(pending, "1", "cpu"))
    await run_next(world)
    again = [one.value for one in sorted(await records(log), key=lambda one: one.key)]
    other, _ = await world.store.next_job(world.lease()) or (None, None)
    assert other is None
    fresh = World(MemoryStore(), world.records, LogPublisher(other_log := MemoryLog()),
                  world.clock, Meter())  # fmt: skip
    await fresh.store.create(replace(pending, simulation_id=name), work, request(), seal)
    await run_next(fresh)
    assert [one.value for one in sorted(await records(other_log), key=lambda one: one.key)] == again


async def test_a_job_that_kills_its_worker_is_given_up(world):
    deadly = replace(job(), state=State.RUNNING, attempts=worker.ATTEMPTS)
    await world.store.create(deadly, inputs(), request(), seal)
    await run_next(world)
    found = (await jobs.get(world, "acme", "sim-1")).job
    assert (found.state, found.error.reason) == (State.FAILED, "WORKER_DIED")


async def test_inputs_that_cannot_be_computed_fail_with_a_reason(world):
    broken = personas()
    broken.traits[0] = float("nan")
    await world.store.create(job(), replace(inputs(), personas=broken), request(), seal)
    await run_next(world)
    found = (await jobs.get(world, "acme", "sim-1")).job
    assert (found.state, found.error.reason) == (State.FAILED, "INVALID")


async def test_a_pending_job_is_stopped_and_never_run(world, log):
    name = await create(world)
    stop = request("c1", "CancelSimulation")
    body = opened(await jobs.cancel(world, stop, name, seal))
    assert body.state == State.CANCELLED
    assert await jobs.cancel(world, stop, name, seal) == body.SerializeToString()
    assert await world.store.next_job(world.lease()) is None


async def test_a_running_job_is_stopped_within_a_second(world, log):
    name = await create(world, draw_count=10_000, recipient_counts=(10**9, 10**9))
    running = asyncio.create_task(worker.run(world))
    while (await jobs.get(world, "acme", name)).job.state is State.PENDING:
        await asyncio.sleep(0.001)
    await jobs.cancel(world, request("c1", "CancelSimulation"), name, seal)
    async with asyncio.timeout(1):
        while world.board.run(("acme", name)):
            await asyncio.sleep(0.005)
    running.cancel()
    assert (await jobs.get(world, "acme", name)).job.state is State.CANCELLED
    assert not await records(log)


async def test_watching_ends_with_the_simulation(world):
    name = await create(world)
    running = asyncio.create_task(worker.run(world))
    async with asyncio.timeout(10):
        seen = [one.job async for one in jobs.watch(world, "acme", name)]
    running.cancel()
    assert seen[-1].state is State.SUCCEEDED
    shares = [one.progress for one in seen]
    assert shares == sorted(shares)


async def test_another_tenant_sees_nothing(world):
    name = await create(world)
    with pytest.raises(NotFound):
        await jobs.get(world, "beta", name)
    with pytest.raises(NotFound):
        await jobs.cancel(world, request("c1", "CancelSimulation", "beta"), name, seal)
    with pytest.raises(Conflict):
        await jobs.create(world, request(tenant="beta"), Asked(), seal)


async def test_what_was_never_heard_of_is_not_found(world):
    with pytest.raises(NotFound):
        await jobs.create(world, request(), Asked(persona_set_id="set-9"), seal)
    with pytest.raises(NotFound):
        await jobs.create(world, request(), Asked(("z",)), seal)


async def test_forecasts_without_evidence_are_scored_on_all_of_it(world):
    await create(world, evidence_use=EvidenceUse.NONE)
    await run_next(world)
    [record] = await track_record(world, "acme", None)
    assert record.forecast_count == 4
    assert record.coverage_90 == 1.0
    assert await track_record(world, "beta", None) == ()


async def test_forecasts_with_evidence_only_on_what_came_later(world):
    await create(world)
    await run_next(world)
    assert await track_record(world, "acme", None) == ()
    # 100 more sends in each cell, 30 of them answered: the rate is 0.3 where 0.1 was forecast.
    later = personas(trials=500.0, successes=70.0)
    await world.store.learn([NewSet(later)], LogToken())
    [record] = await track_record(world, "acme", None)
    assert record.forecast_count == 4
    assert record.coverage_90 == 0.0
    assert record.bias == pytest.approx(-0.2, abs=0.02)


async def test_forecasts_are_not_scored_on_a_stage_that_counts_among_others_by_now(world):
    await create(world, evidence_use=EvidenceUse.NONE)
    await run_next(world)
    now = personas()
    axes = Axes(("control", "a"), (Stage.CLICK, Stage.VISIT), (None, Stage.CLICK))
    tables = {
        name: np.repeat(getattr(now.evidence, name), 2, axis=2) for name in ("trials", "successes")
    }
    evidence = replace(now.evidence, axes=axes, **tables)
    await world.store.learn([NewSet(replace(now, evidence=evidence))], LogToken())
    assert await track_record(world, "acme", None) == ()


async def test_a_bug_ends_the_job_and_not_the_worker(world, monkeypatch):
    def write(job, result):
        raise KeyError("a bug")

    monkeypatch.setattr(world.records, "write", write)
    name = await create(world)
    await run_next(world)
    found = (await jobs.get(world, "acme", name)).job
    assert (found.state, found.error.reason) == (State.FAILED, "ENGINE_FAILED")


async def test_a_job_that_became_anothers_is_left_to_it(world, log, monkeypatch):
    monkeypatch.setattr(worker, "RENEW_SECONDS", 0.01)
    name = await create(world, draw_count=10_000, recipient_counts=(10**9, 10**9))
    working = asyncio.create_task(worker.run(world))
    while not world.board.run(("acme", name)):
        await asyncio.sleep(0.001)
    other = Lease.of("other", NOW + timedelta(days=1))
    taken, _ = await world.store.next_job(other)
    async with asyncio.timeout(10):
        while world.board.run(("acme", name)):
            await asyncio.sleep(0.005)
    working.cancel()
    assert taken == (await jobs.get(world, "acme", name)).job
    assert taken.state is State.RUNNING
    assert not await records(log)


class Watch:
    """A clock that is set by hand and tells how often it was looked at."""

    def __init__(self):
        self.now, self.looks = NOW, 0

    def __call__(self):
        self.looks += 1
        return self.now

    async def looked_at(self, times):
        until = self.looks + times
        while self.looks < until:
            await asyncio.sleep(0.001)


async def test_a_running_job_is_kept_from_others_for_as_long_as_it_takes(world, monkeypatch):
    monkeypatch.setattr(worker, "RENEW_SECONDS", 0.01)
    clock = Watch()
    mine = replace(world, clock=clock)
    name = await create(world, draw_count=10_000, recipient_counts=(10**9, 10**9))
    working = asyncio.create_task(worker.run(mine))
    async with asyncio.timeout(20):
        await clock.looked_at(1)
        for _ in range(3):
            clock.now += timedelta(seconds=LEASE_SECONDS - 1)
            await clock.looked_at(2)
            assert await world.store.next_job(Lease.of("other", clock.now)) is None
        await jobs.cancel(mine, request("c1", "CancelSimulation"), name, seal)
        while mine.board.run(("acme", name)):
            await asyncio.sleep(0.005)
    working.cancel()
