"""The ports in this process's memory, for tests. Nothing survives the process."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dramatis.core.errors import NotFound
from dramatis.core.plan_record import PlanRecord
from dramatis.core.request import Request
from dramatis.optimizer.adapters import sqlite_requests
from dramatis.optimizer.domain import history
from dramatis.optimizer.domain.history import Kind, Move
from dramatis.optimizer.domain.job import Inputs, JobState, Optimization
from dramatis.optimizer.ports import Decide, Known


class MemoryRequests:
    """Requests that came, and what each was about."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str, str], tuple[str, str]] = {}

    def find(self, request: Request) -> str | None:
        """The subject; None if the request never came."""
        held = self._held.get((request.tenant, request.method, request.request_id))
        return sqlite_requests.check(request, *held) if held else None

    def keep(self, request: Request, subject: str) -> None:
        """From now on the request came before."""
        place = (request.tenant, request.method, request.request_id)
        self._held[place] = (request.digest.hex(), subject)


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

    async def published(self, move: Move, log_token: str) -> None:
        """See `Plans`."""
        self._moves[move.number - 1] = replace(move, log_token=log_token)

    def _of(self, tenant: str) -> Sequence[Move]:
        return [move for move in self._moves if move.tenant == tenant]


class MemoryJobs:
    """A `Jobs` in dictionaries; plans go to a `MemoryPlans`."""

    def __init__(self, plans: MemoryPlans) -> None:
        self._plans = plans
        self._jobs: dict[tuple[str, str], Optimization] = {}
        self._inputs: dict[tuple[str, str], Inputs] = {}
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

    async def take(self) -> tuple[Optimization, Inputs] | None:
        """See `Jobs`."""
        for place, kept in self._jobs.items():
            if not kept.ended:
                self._jobs[place] = job = kept.taken()
                return job, self._inputs[place]
        return None

    async def note(self, job: Optimization) -> None:
        """See `Jobs`."""
        kept = self._jobs[job.tenant, job.optimization_id]
        self._jobs[job.tenant, job.optimization_id] = replace(job, stopping=kept.stopping)

    async def end(self, job: Optimization, plan: PlanRecord | None) -> None:
        """See `Jobs`."""
        self._jobs[job.tenant, job.optimization_id] = job
        if plan:
            self._plans.held[plan.tenant, plan.plan_id] = plan
