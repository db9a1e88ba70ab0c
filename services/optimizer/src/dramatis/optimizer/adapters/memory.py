"""The ports in this process's memory, for tests. Nothing survives the process."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dramatis.core.errors import NotFound
from dramatis.core.lease import Lease
from dramatis.core.plan_record import PlanRecord
from dramatis.core.request import Request, reused
from dramatis.optimizer.domain import history
from dramatis.optimizer.domain.history import Kind, Move
from dramatis.optimizer.domain.job import Inputs, JobState, Optimization
from dramatis.optimizer.ports import Decide, Known


class MemoryRequests:
    """Requests that came, and what each was about."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str, str], tuple[bytes, str]] = {}

    def find(self, request: Request) -> str | None:
        """The subject; None if the request never came."""
        held = self._held.get((request.tenant, request.method, request.request_id))
        if held is None:
            return None
        if held[0] != request.digest:
            raise reused()
        return held[1]

    def keep(self, request: Request, subject: str) -> None:
        """From now on the request came before."""
        place = (request.tenant, request.method, request.request_id)
        self._held[place] = (request.digest, subject)


class MemoryKnowledge:
    """A `Knowledge` that tests fill."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}

    async def newest(self, tenant: str) -> Known:
        """See `Knowledge`."""
        return self.known.get(tenant, Known(None, ()))


class MemoryPlans:
    """A `Plans` in dictionaries."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], PlanRecord] = {}
        self._moves: list[Move] = []
        self._requests = MemoryRequests()

    async def get(self, tenant: str, plan_id: str) -> PlanRecord:
        """See `Plans`."""
        if (tenant, plan_id) not in self.held:
            raise NotFound("plan", plan_id)
        state = history.state(self._of(tenant), plan_id)
        return replace(self.held[tenant, plan_id], state=state)

    async def moved(self, request: Request) -> Move | None:
        """See `Plans`."""
        number = self._requests.find(request)
        return self._moves[int(number) - 1] if number else None

    async def move(self, request: Request, plan_id: str, now: datetime, decide: Decide) -> Move:
        """See `Plans`."""
        if before := await self.moved(request):
            return before
        follows = decide(history.followed(self._of(request.tenant)), plan_id)
        number, kind = len(self._moves) + 1, Kind(request.method)
        self._moves.append(Move(number, request.tenant, kind, plan_id, follows, now))
        self._requests.keep(request, str(number))
        return self._moves[-1]

    async def unpublished(self) -> Sequence[Move]:
        """See `Plans`."""
        return [move for move in self._moves if not move.log_token]

    async def published(self, move: Move, log_token: str) -> Move | None:
        """See `Plans`."""
        self._moves[move.number - 1] = replace(move, log_token=log_token)
        newer = [one for one in self._of(move.tenant) if one.log_token]
        return newer[-1] if newer[-1].number > move.number else None

    def drop_unused(self, tenant: str, plan_id: str) -> None:
        """Drops a plan, unless it was ever promoted."""
        if all(plan_id not in (one.plan_id, one.follows) for one in self._of(tenant)):
            self.held.pop((tenant, plan_id), None)

    def _of(self, tenant: str) -> Sequence[Move]:
        return [move for move in self._moves if move.tenant == tenant]


class MemoryJobs:
    """A `Jobs` in dictionaries; plans go to a `MemoryPlans`."""

    def __init__(self, plans: MemoryPlans) -> None:
        self._plans = plans
        self._jobs: dict[tuple[str, str], Optimization] = {}
        self._inputs: dict[tuple[str, str], Inputs] = {}
        self._leases: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._requests = MemoryRequests()

    async def create(self, request: Request, job: Optimization, inputs: Inputs) -> Optimization:
        """See `Jobs`."""
        if before := await self.created(request):
            return before
        self._requests.keep(request, job.optimization_id)
        self._jobs[job.tenant, job.optimization_id] = job
        self._inputs[job.tenant, job.optimization_id] = inputs
        return job

    async def created(self, request: Request) -> Optimization | None:
        """See `Jobs`."""
        before = self._requests.find(request)
        return self._jobs[request.tenant, before].as_created() if before else None

    async def get(self, tenant: str, optimization_id: str) -> Optimization:
        """See `Jobs`."""
        if (tenant, optimization_id) not in self._jobs:
            raise NotFound("optimization", optimization_id)
        return self._jobs[tenant, optimization_id]

    async def cancel(self, request: Request, optimization_id: str, now: datetime) -> Optimization:
        """See `Jobs`."""
        job = await self.get(request.tenant, optimization_id)
        if self._requests.find(request) is None:
            self._requests.keep(request, optimization_id)
        if job.state is JobState.PENDING:
            job = replace(job, state=JobState.CANCELLED, end_time=now)
        elif job.state is JobState.RUNNING:
            job = replace(job, stopping=True)
        self._jobs[job.tenant, optimization_id] = job
        return job

    async def take(self, lease: Lease) -> tuple[Optimization, Inputs] | None:
        """See `Jobs`."""
        for place, kept in self._jobs.items():
            if not kept.ended and lease.may_take(*self._leases.get(place, (None, None))):
                self._jobs[place] = job = kept.taken()
                self._leases[place] = (lease.worker, lease.until)
                return job, self._inputs[place]
        return None

    async def renew(self, job: Optimization, lease: Lease) -> bool:
        """See `Jobs`."""
        place = (job.tenant, job.optimization_id)
        kept = self._jobs[place]
        if kept.ended or self._leases.get(place, ("",))[0] != lease.worker:
            return False
        self._leases[place] = (lease.worker, lease.until)
        return not kept.stopping

    async def note(self, job: Optimization) -> None:
        """See `Jobs`."""
        kept = self._jobs[job.tenant, job.optimization_id]
        if kept.followed_by(job):
            self._jobs[job.tenant, job.optimization_id] = replace(job, stopping=kept.stopping)

    async def end(self, job: Optimization, plan: PlanRecord | None) -> None:
        """See `Jobs`."""
        if not self._jobs[job.tenant, job.optimization_id].followed_by(job):
            return
        self._jobs[job.tenant, job.optimization_id] = job
        if plan:
            self._plans.held[plan.tenant, plan.plan_id] = plan

    async def forget(self, before: datetime) -> int:
        """See `Jobs`."""
        old = [job for job in self._jobs.values() if job.end_time and job.end_time < before]
        for job in old:
            del self._jobs[job.tenant, job.optimization_id]
            self._plans.drop_unused(job.tenant, job.plan_id)
        return len(old)
