"""What any store of the optimizer must do. An adapter's test class gives the fixture `store`."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from dramatis.core.errors import Conflict, Invalid, NotFound
from dramatis.core.lease import Lease
from dramatis.core.plan_record import PlanState
from dramatis.core.request import Request
from dramatis.optimizer.domain import history
from dramatis.optimizer.domain.job import Failure, JobState, Optimization, Point, Spec
from dramatis.optimizer.ports import Jobs, Method, Plans
from tests.unit.optimizer import given

NOW = given.NOW
LATER = NOW + timedelta(seconds=7)
LEASE = Lease.of("w1", NOW)


@dataclass(frozen=True)
class Store:
    jobs: Jobs
    plans: Plans


def request(
    method: Method = Method.CREATE, name: str = "r1", digest: bytes = b"d", tenant: str = "acme"
) -> Request:
    return Request(tenant, method, name, digest)


def job(name: str = "opt-1", tenant: str = "acme") -> Optimization:
    spec = Spec(horizon_days=3, seed=9).filled(("c0", "c1"))
    return Optimization(tenant, name, spec, JobState.PENDING, NOW)


class StoreSuite:
    @pytest.fixture
    async def store(self) -> Store:
        raise NotImplementedError

    async def test_a_job_comes_back_as_it_was_made(self, store: Store) -> None:
        inputs = given.inputs()
        assert await store.jobs.create(request(), job(), inputs) == job()
        assert await store.jobs.get("acme", "opt-1") == job()
        taken = await store.jobs.take(LEASE)
        assert taken
        assert taken[0] == replace(job(), state=JobState.RUNNING)
        assert repr(taken[1]) == repr(inputs)

    async def test_a_request_has_one_effect_and_one_answer(self, store: Store) -> None:
        await store.jobs.create(request(), job(), given.inputs())
        await store.jobs.take(LEASE)
        assert await store.jobs.create(request(), job("opt-2"), given.inputs()) == job()
        assert await store.jobs.created(request()) == job()
        with pytest.raises(NotFound):
            await store.jobs.get("acme", "opt-2")

    async def test_a_request_id_is_for_one_thing(self, store: Store) -> None:
        await store.jobs.create(request(), job(), given.inputs())
        with pytest.raises(Invalid) as caught:
            await store.jobs.created(request(digest=b"other"))
        assert caught.value.reason == "REQUEST_ID_REUSED"
        with pytest.raises(Invalid):
            await store.jobs.create(request(digest=b"other"), job("opt-2"), given.inputs())
        assert await store.jobs.created(request(tenant="beta")) is None

    async def test_another_tenants_job_does_not_exist(self, store: Store) -> None:
        await store.jobs.create(request(), job(), given.inputs())
        with pytest.raises(NotFound):
            await store.jobs.get("beta", "opt-1")
        with pytest.raises(NotFound):
            await store.jobs.cancel(request(Method.CANCEL, tenant="beta"), "opt-1", NOW)

    async def test_jobs_are_taken_in_their_order_until_they_end(self, store: Store) -> None:
        await store.jobs.create(request(name="r2"), job("opt-2"), given.inputs())
        await store.jobs.create(request(name="r1"), job("opt-1"), given.inputs())
        assert await self.next(store) == "opt-2"
        assert await self.next(store) == "opt-2"
        await store.jobs.end(replace(job("opt-2"), state=JobState.SUCCEEDED, attempts=2), None)
        assert await self.next(store) == "opt-1"

    async def next(self, store: Store) -> str:
        taken = await store.jobs.take(LEASE)
        return taken[0].optimization_id if taken else ""

    async def test_how_often_a_job_was_taken_is_counted(self, store: Store) -> None:
        await store.jobs.create(request(), job(), given.inputs())
        for attempt in (1, 2):
            taken = await store.jobs.take(LEASE)
            assert taken
            assert taken[0].attempts == attempt
            await store.jobs.note(replace(taken[0], progress=0.5))

    async def test_progress_is_kept_and_starts_again_with_the_job(self, store: Store) -> None:
        await store.jobs.create(request(), job(), given.inputs())
        taken = await store.jobs.take(LEASE)
        assert taken
        noted = replace(
            taken[0], progress=0.25, seconds_left=1.5, curve=(Point(4096, 0.1), Point(8192, 0.2))
        )
        await store.jobs.note(noted)
        assert await store.jobs.get("acme", "opt-1") == noted
        again = await store.jobs.take(LEASE)
        assert again
        assert again[0] == taken[0]

    async def test_an_end_is_kept_with_its_plan(self, store: Store) -> None:
        await store.jobs.create(request(), job(), given.inputs())
        ended = replace(
            job(), state=JobState.SUCCEEDED, progress=1.0, end_time=LATER, plan_id="plan-1"
        )
        await store.jobs.end(ended, given.plan())
        assert await store.jobs.get("acme", "opt-1") == ended
        assert await store.plans.get("acme", "plan-1") == given.plan()
        assert await store.jobs.take(LEASE) is None

    async def test_a_failure_is_kept(self, store: Store) -> None:
        await store.jobs.create(request(), job(), given.inputs())
        failed = replace(
            job(), state=JobState.FAILED, failure=Failure(9, "WHY", "since", {"a": "b"})
        )
        await store.jobs.end(failed, None)
        assert await store.jobs.get("acme", "opt-1") == failed

    async def test_a_pending_job_is_cancelled_a_running_one_marked(self, store: Store) -> None:
        await store.jobs.create(request(name="r1"), job("opt-1"), given.inputs())
        await store.jobs.create(request(name="r2"), job("opt-2"), given.inputs())
        await store.jobs.take(LEASE)
        marked = await store.jobs.cancel(request(Method.CANCEL, "x"), "opt-1", LATER)
        assert (marked.state, marked.stopping) == (JobState.RUNNING, True)
        ended = await store.jobs.cancel(request(Method.CANCEL, "y"), "opt-2", LATER)
        assert (ended.state, ended.end_time) == (JobState.CANCELLED, LATER)
        assert await store.jobs.cancel(request(Method.CANCEL, "y"), "opt-2", LATER) == ended
        taken = await store.jobs.take(LEASE)
        assert taken
        assert taken[0] == marked
        await store.jobs.note(replace(taken[0], stopping=False, progress=0.5))
        assert (await store.jobs.get("acme", "opt-1")).stopping

    async def test_a_job_that_has_ended_stays_as_it_is(self, store: Store) -> None:
        await store.jobs.create(request(), job(), given.inputs())
        ended = replace(job(), state=JobState.SUCCEEDED, end_time=NOW)
        await store.jobs.end(ended, None)
        assert await store.jobs.cancel(request(Method.CANCEL), "opt-1", LATER) == ended

    async def plan(self, store: Store, plan_id: str) -> None:
        """Puts a plan into the store, the way that it gets there."""
        made = job(f"opt-for-{plan_id}")
        await store.jobs.create(request(name=f"for-{plan_id}"), made, given.inputs())
        await store.jobs.end(replace(made, state=JobState.SUCCEEDED), given.plan(plan_id))

    async def test_moves_are_numbered_published_and_remembered(self, store: Store) -> None:
        await self.plan(store, "plan-1")
        asked = request(Method.PROMOTE)
        move = await store.plans.move(asked, "plan-1", NOW, history.promote)
        assert (move.plan_id, move.follows, move.time, move.log_token) == (
            "plan-1", "plan-1", NOW, "",
        )  # fmt: skip
        assert await store.plans.unpublished() == [move]
        await store.plans.published(move, "token")
        assert await store.plans.unpublished() == []
        assert await store.plans.moved(asked) == replace(move, log_token="token")
        assert await store.plans.move(asked, "plan-1", LATER, history.promote) == replace(
            move, log_token="token"
        )

    async def test_states_follow_from_the_moves_of_the_tenant(self, store: Store) -> None:
        for plan_id in ("plan-1", "plan-2"):
            await self.plan(store, plan_id)
        await store.plans.move(request(Method.PROMOTE, "a"), "plan-1", NOW, history.promote)
        await store.plans.move(request(Method.PROMOTE, "b"), "plan-2", NOW, history.promote)
        assert (await store.plans.get("acme", "plan-1")).state is PlanState.RETIRED
        move = await store.plans.move(
            request(Method.ROLLBACK, "a"), "plan-2", NOW, history.roll_back
        )
        assert move.follows == "plan-1"
        assert (await store.plans.get("acme", "plan-1")).state is PlanState.PROMOTED
        with pytest.raises(Conflict):
            await store.plans.move(
                request(Method.ROLLBACK, "r", tenant="beta"), "plan-1", NOW, history.roll_back
            )

    async def test_a_refused_move_leaves_nothing(self, store: Store) -> None:
        asked = request(Method.ROLLBACK)
        with pytest.raises(Conflict):
            await store.plans.move(asked, "plan-1", NOW, history.roll_back)
        assert await store.plans.moved(asked) is None
        assert await store.plans.unpublished() == []

    async def test_another_tenants_plan_does_not_exist(self, store: Store) -> None:
        await self.plan(store, "plan-1")
        with pytest.raises(NotFound):
            await store.plans.get("beta", "plan-1")

    async def test_a_job_is_one_workers_until_its_lease_runs_out(self, store: Store) -> None:
        await store.jobs.create(request(), job(), given.inputs())
        taken = await store.jobs.take(LEASE)
        assert taken
        other = Lease.of("w2", NOW + timedelta(seconds=1))
        assert await store.jobs.take(other) is None
        assert await store.jobs.renew(job(), Lease.of("w1", NOW + timedelta(seconds=10)))
        assert not await store.jobs.renew(job(), other)
        assert await store.jobs.take(Lease.of("w2", NOW + timedelta(seconds=20))) is None
        again = await store.jobs.take(Lease.of("w2", NOW + timedelta(seconds=25)))
        assert again
        assert again[0].attempts == 2
        assert not await store.jobs.renew(job(), Lease.of("w1", NOW + timedelta(seconds=26)))

    async def test_a_worker_that_lost_its_job_changes_nothing(self, store: Store) -> None:
        await store.jobs.create(request(), job(), given.inputs())
        lost = await store.jobs.take(LEASE)
        held = await store.jobs.take(Lease.of("w2", NOW + timedelta(minutes=1)))
        assert lost
        assert held
        await store.jobs.note(replace(lost[0], progress=0.9))
        assert await store.jobs.get("acme", "opt-1") == held[0]
        ended = replace(held[0], state=JobState.SUCCEEDED, end_time=LATER, plan_id="plan-1")
        await store.jobs.end(ended, given.plan())
        await store.jobs.end(replace(lost[0], state=JobState.FAILED), given.plan())
        assert await store.jobs.get("acme", "opt-1") == ended

    async def test_who_works_on_a_job_that_was_cancelled_hears_of_it(self, store: Store) -> None:
        await store.jobs.create(request(), job(), given.inputs())
        await store.jobs.take(LEASE)
        assert await store.jobs.renew(job(), LEASE)
        await store.jobs.cancel(request(Method.CANCEL), "opt-1", NOW)
        assert not await store.jobs.renew(job(), LEASE)

    async def test_a_second_worker_takes_the_next_job(self, store: Store) -> None:
        for name in ("opt-1", "opt-2"):
            await store.jobs.create(request(name=name), job(name), given.inputs())
        taken = [await store.jobs.take(replace(LEASE, worker=each)) for each in ("a", "b", "c")]
        assert [each and each[0].optimization_id for each in taken] == ["opt-1", "opt-2", None]

    async def test_jobs_that_ended_long_ago_go_with_plans_that_nobody_followed(
        self, store: Store
    ) -> None:
        for name in ("1", "2"):
            made = job(f"opt-{name}")
            await store.jobs.create(request(name=name), made, given.inputs())
            plan_id = f"plan-{name}"
            ended = replace(made, state=JobState.SUCCEEDED, end_time=NOW, plan_id=plan_id)
            await store.jobs.end(ended, given.plan(plan_id))
        await store.jobs.create(request(name="3"), job("opt-3"), given.inputs())
        await store.plans.move(request(Method.PROMOTE), "plan-1", NOW, history.promote)
        assert await store.jobs.forget(NOW) == 0
        assert await store.jobs.forget(LATER) == 2
        assert await store.jobs.forget(LATER) == 0
        assert await store.jobs.get("acme", "opt-3") == job("opt-3")
        assert (await store.plans.get("acme", "plan-1")).state is PlanState.PROMOTED
        with pytest.raises(NotFound):
            await store.plans.get("acme", "plan-2")
        with pytest.raises(NotFound):
            await store.jobs.get("acme", "opt-1")

    async def test_a_move_that_was_overtaken_says_by_which(self, store: Store) -> None:
        for plan_id in ("plan-1", "plan-2"):
            await self.plan(store, plan_id)
        first = await store.plans.move(request(Method.PROMOTE, "a"), "plan-1", NOW, history.promote)
        second = await store.plans.move(
            request(Method.PROMOTE, "b"), "plan-2", NOW, history.promote
        )
        assert await store.plans.published(second, "t2") is None
        assert await store.plans.published(first, "t1") == replace(second, log_token="t2")
        assert await store.plans.published(second, "t3") is None
