"""What any store of the simulator must do. An adapter's test class derives from `StoreSuite`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dramatis.core.errors import Invalid
from dramatis.core.lease import Lease
from dramatis.core.request import Request
from dramatis.runtime.log_token import LogToken
from dramatis.simulator.adapters.changes import Learner, NewCampaign, NewSet
from dramatis.simulator.domain import job as jobs
from dramatis.simulator.domain.job import Job, State
from dramatis.simulator.ports import Forecast, Store
from tests.unit.simulator.given import NOW, campaign, inputs, job, personas

FIRST = LogToken({("personas", 0): 3})
LEASE = Lease.of("w1", NOW)
FORECASTS = [Forecast(p, c, f"{p}{c}".encode()) for p in ("p1", "p0") for c in ("b", "a")]


class Memory(Store, Learner):
    """Both roles of a store."""


def request(name: str = "r1", digest: bytes = b"one", tenant: str = "acme") -> Request:
    return Request(tenant, "Create", name, digest)


def seal(one: Job) -> bytes:
    return f"{one.simulation_id} {one.state.name}".encode()


async def created(store: Memory, one: Job) -> Job:
    await store.create(one, inputs(), request(one.simulation_id, tenant=one.tenant), seal)
    return one


async def running(store: Memory, one: Job) -> Job:
    begun = jobs.begin(await created(store, one), "1", "cpu")
    assert await store.change(one, begun)
    return begun


class StoreSuite:
    """The contract; derived classes give the fixture `store`."""

    @pytest.fixture
    def store(self) -> Memory:
        raise NotImplementedError

    async def test_it_is_empty_at_first(self, store: Memory) -> None:
        assert await store.applied() == LogToken()
        assert await store.personas("acme", "") is None
        assert await store.campaigns("acme") == []
        assert await store.next_job(LEASE) is None

    async def test_the_set_that_came_last_is_the_newest(self, store: Memory) -> None:
        await store.learn([NewSet(personas("1")), NewSet(personas("2"))], FIRST)
        await store.learn([NewSet(personas("1", trials=900.0))], LogToken())
        newest = await store.personas("acme", "")
        assert newest
        assert newest.persona_set_id == "1"
        assert newest.evidence.trials[0, 0, 0] == 900.0
        assert (await store.personas("acme", "2")) is not None
        assert (await store.personas("acme", "3")) is None
        assert (await store.personas("beta", "1")) is None
        assert await store.applied() == FIRST

    async def test_campaigns_come_change_and_go(self, store: Memory) -> None:
        for each in (campaign("b"), campaign("a"), campaign("a", paused=True)):
            await store.learn([NewCampaign("acme", each.campaign_id, each)], LogToken())
        assert await store.campaigns("acme") == [campaign("a", paused=True), campaign("b")]
        assert await store.campaigns("beta") == []
        await store.learn([NewCampaign("acme", "a", None)], LogToken())
        assert await store.campaigns("acme") == [campaign("b")]

    async def test_a_job_comes_back_with_its_inputs(self, store: Memory) -> None:
        await created(store, job())
        assert await store.job("acme", "sim-1") == job()
        assert await store.job("beta", "sim-1") is None
        found = await store.next_job(LEASE)
        assert found
        assert found[0] == job()
        assert found[1].campaigns == inputs().campaigns
        assert found[1].personas.evidence.trials.tolist() == (
            inputs().personas.evidence.trials.tolist()
        )

    async def test_a_request_has_one_effect(self, store: Memory) -> None:
        body = await store.create(job(), inputs(), request(), seal)
        assert await store.create(job("sim-2"), inputs(), request(), seal) == body
        assert await store.answer(request()) == body
        assert await store.answer(request("r2")) is None
        assert await store.answer(request(tenant="beta")) is None
        assert await store.job("acme", "sim-2") is None
        with pytest.raises(Invalid) as error:
            await store.answer(request(digest=b"other"))
        assert error.value.reason == "REQUEST_ID_REUSED"

    async def test_the_oldest_job_is_next_and_a_running_one_too(self, store: Memory) -> None:
        first = await running(store, job("sim-1"))
        await created(store, job("sim-2", tenant="beta"))
        found = await store.next_job(LEASE)
        assert found
        assert found[0] == first
        await store.change(first, jobs.cancel(first, NOW))
        found = await store.next_job(LEASE)
        assert found
        assert found[0].simulation_id == "sim-2"

    async def test_a_job_changes_only_from_what_it_was(self, store: Memory) -> None:
        begun = await running(store, job())
        cancelled = jobs.cancel(begun, NOW)
        assert await store.change(begun, cancelled)
        assert not await store.finish(begun, jobs.publish(begun), FORECASTS)
        assert await store.job("acme", "sim-1") == cancelled
        assert await store.forecasts("acme", "sim-1", ("", ""), 10) == []

    async def test_an_error_comes_back(self, store: Memory) -> None:
        begun = await running(store, job())
        await store.change(begun, jobs.fail(begun, Invalid("bad", reason="BAD", field="x"), NOW))
        found = await store.job("acme", "sim-1")
        assert found
        assert found.error
        assert (type(found.error), found.error.message) == (Invalid, "bad")
        assert (found.error.reason, found.error.metadata) == ("BAD", {"field": "x"})

    async def test_cancelling_answers_once(self, store: Memory) -> None:
        await running(store, job())
        assert await store.cancel("acme", "sim-9", NOW, request("c0"), seal) is None
        assert await store.cancel("beta", "sim-1", NOW, request("c0"), seal) is None
        body = await store.cancel("acme", "sim-1", NOW, request("c1"), seal)
        assert body == b"sim-1 CANCELLED"
        assert await store.cancel("acme", "sim-1", NOW, request("c1"), seal) == body
        found = await store.job("acme", "sim-1")
        assert found
        assert (found.state, found.end_time) == (State.CANCELLED, NOW)

    async def test_forecasts_are_paged_in_order(self, store: Memory) -> None:
        begun = await running(store, job())
        assert await store.finish(begun, jobs.publish(begun), FORECASTS)
        first = await store.forecasts("acme", "sim-1", ("", ""), 3)
        assert [one.record for one in first] == [b"p0a", b"p0b", b"p1a"]
        rest = await store.forecasts("acme", "sim-1", ("p1", "a"), 3)
        assert [one.record for one in rest] == [b"p1b"]
        assert await store.forecasts("beta", "sim-1", ("", ""), 3) == []

    async def test_jobs_are_listed_newest_first(self, store: Memory) -> None:
        for name in ("1", "2", "3"):
            await created(store, job(name))
        await created(store, job("4", tenant="beta"))
        page = await store.jobs("acme", 1 << 62, 2)
        assert [one.simulation_id for _, one in page] == ["3", "2"]
        rest = await store.jobs("acme", page[-1][0], 2)
        assert [one.simulation_id for _, one in rest] == ["1"]

    async def test_what_succeeded_is_scored_with_the_newest_evidence(self, store: Memory) -> None:
        await store.learn([NewSet(personas(trials=700.0))], LogToken())
        begun = await running(store, job())
        assert await store.scored("acme") == []
        published = jobs.publish(begun)
        await store.finish(begun, published, FORECASTS)
        await store.change(published, jobs.succeed(published, NOW))
        [found] = await store.scored("acme")
        assert found.before.evidence.trials[0, 0, 0] == 400.0
        assert found.now.evidence.trials[0, 0, 0] == 700.0
        assert len(found.forecasts) == 4
        assert await store.scored("beta") == []

    async def test_a_job_is_one_workers_until_its_lease_runs_out(self, store: Memory) -> None:
        await created(store, job())
        assert await store.next_job(LEASE)
        other = Lease.of("w2", NOW + timedelta(seconds=1))
        assert await store.next_job(other) is None
        assert await store.renew(job(), Lease.of("w1", NOW + timedelta(seconds=10)))
        assert not await store.renew(job(), other)
        assert await store.next_job(Lease.of("w2", NOW + timedelta(seconds=20))) is None
        found = await store.next_job(Lease.of("w2", NOW + timedelta(seconds=25)))
        assert found
        assert found[0] == job()
        assert not await store.renew(job(), Lease.of("w1", NOW + timedelta(seconds=26)))

    async def test_a_second_worker_takes_the_next_job(self, store: Memory) -> None:
        for name in ("sim-1", "sim-2"):
            await created(store, job(name))
        taken = [await store.next_job(replace(LEASE, worker=each)) for each in ("w1", "w2", "w3")]
        assert [each and each[0].simulation_id for each in taken] == ["sim-1", "sim-2", None]

    async def test_a_job_that_ended_is_not_held_on_to(self, store: Memory) -> None:
        begun = await running(store, job())
        assert await store.next_job(LEASE)
        await store.change(begun, jobs.cancel(begun, NOW))
        assert not await store.renew(begun, LEASE)

    async def test_an_answer_given_long_ago_is_forgotten_but_its_job_is_not_made_again(
        self, store: Memory
    ) -> None:
        await store.create(job(), inputs(), request(), seal)
        assert await store.forget_answers(NOW) == 0
        assert await store.forget_answers(NOW + timedelta(seconds=1)) == 1
        assert await store.answer(request()) is None
        with pytest.raises(Invalid) as error:
            await store.create(job(), inputs(), request(), seal)
        assert error.value.reason == "REQUEST_ID_REUSED"

    async def test_jobs_that_ended_long_ago_are_forgotten(self, store: Memory) -> None:
        begun = await running(store, job("sim-1"))
        await store.finish(begun, published := jobs.publish(begun), FORECASTS)
        await store.change(published, jobs.succeed(published, NOW))
        await created(store, job("sim-2"))
        assert await store.forget_jobs(NOW) == 0
        assert await store.forget_jobs(NOW + timedelta(microseconds=1)) == 1
        assert await store.forget_jobs(NOW + timedelta(microseconds=1)) == 0
        assert await store.job("acme", "sim-1") is None
        assert await store.forecasts("acme", "sim-1", ("", ""), 10) == []
        assert await store.job("acme", "sim-2") is not None
