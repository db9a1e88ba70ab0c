"""The ports in this process's memory: for tests. Nothing survives the process."""

from collections.abc import Sequence
from datetime import datetime

from dramatis.core.campaign import Campaign
from dramatis.core.lease import Lease
from dramatis.core.persona_set import PersonaSet
from dramatis.core.request import Request, reused
from dramatis.runtime.log_token import LogToken
from dramatis.simulator.adapters.changes import Change, NewSet
from dramatis.simulator.domain import job as jobs
from dramatis.simulator.domain.job import Inputs, Job, State
from dramatis.simulator.ports import MOST_SCORED, Forecast, Scored, Seal

Name = tuple[str, str]


class MemoryStore:
    """A `Store` and `Learner` of dictionaries; they keep the order in which things came."""

    def __init__(self) -> None:
        self._position = LogToken()
        self._sets: dict[Name, PersonaSet] = {}
        self._campaigns: dict[Name, Campaign] = {}
        self._jobs: dict[Name, Job] = {}
        self._inputs: dict[Name, Inputs] = {}
        self._leases: dict[Name, tuple[str, datetime]] = {}
        self._forecasts: dict[Name, Sequence[Forecast]] = {}
        self._answers: dict[tuple[str, str, str], tuple[bytes, bytes, datetime]] = {}

    async def applied(self) -> LogToken:
        """See `Learner`."""
        return self._position

    async def learn(self, changes: Sequence[Change], position: LogToken) -> None:
        """See `Learner`."""
        for change in changes:
            if isinstance(change, NewSet):
                name = (change.personas.tenant, change.personas.persona_set_id)
                self._sets.pop(name, None)
                self._sets[name] = change.personas
            elif change.campaign is None:
                self._campaigns.pop((change.tenant, change.campaign_id), None)
            else:
                self._campaigns[change.tenant, change.campaign_id] = change.campaign
        self._position = self._position.merge(position)

    async def personas(self, tenant: str, persona_set_id: str) -> PersonaSet | None:
        """See `Store`."""
        if persona_set_id:
            return self._sets.get((tenant, persona_set_id))
        return next((one for one in reversed(self._sets.values()) if one.tenant == tenant), None)

    async def campaigns(self, tenant: str) -> Sequence[Campaign]:
        """See `Store`."""
        return [self._campaigns[name] for name in sorted(self._campaigns) if name[0] == tenant]

    async def answer(self, request: Request) -> bytes | None:
        """See `Store`."""
        held = self._answers.get(_key(request))
        if held is None:
            return None
        if held[0] != request.digest:
            raise reused()
        return held[1]

    async def create(self, job: Job, inputs: Inputs, request: Request, seal: Seal) -> bytes:
        """See `Store`."""
        if (earlier := await self.answer(request)) is not None:
            return earlier
        if _name(job) in self._jobs:
            raise reused()
        self._jobs[_name(job)], self._inputs[_name(job)] = job, inputs
        return self._remember(request, seal(job), job.create_time)

    async def cancel(
        self, tenant: str, simulation_id: str, now: datetime, request: Request, seal: Seal
    ) -> bytes | None:
        """See `Store`."""
        if (earlier := await self.answer(request)) is not None:
            return earlier
        if (old := self._jobs.get((tenant, simulation_id))) is None:
            return None
        self._jobs[_name(old)] = new = jobs.cancel(old, now)
        return self._remember(request, seal(new), now)

    async def job(self, tenant: str, simulation_id: str) -> Job | None:
        """See `Store`."""
        return self._jobs.get((tenant, simulation_id))

    async def jobs(self, tenant: str, before: int, most: int) -> Sequence[tuple[int, Job]]:
        """See `Store`."""
        numbered = list(enumerate(self._jobs.values(), start=1))
        own = [(n, one) for n, one in numbered if one.tenant == tenant and n < before]
        return own[::-1][:most]

    async def next_job(self, lease: Lease) -> tuple[Job, Inputs] | None:
        """See `Store`."""
        for name, job in self._jobs.items():
            if not job.ended and lease.may_take(*self._leases.get(name, (None, None))):
                self._leases[name] = (lease.worker, lease.until)
                return job, self._inputs[name]
        return None

    async def renew(self, job: Job, lease: Lease) -> bool:
        """See `Store`."""
        name = _name(job)
        if self._jobs[name].ended or self._leases.get(name, ("",))[0] != lease.worker:
            return False
        self._leases[name] = (lease.worker, lease.until)
        return True

    async def change(self, old: Job, new: Job) -> bool:
        """See `Store`."""
        if _state(self._jobs[_name(old)]) != _state(old):
            return False
        self._jobs[_name(old)] = new
        return True

    async def finish(self, old: Job, new: Job, forecasts: Sequence[Forecast]) -> bool:
        """See `Store`."""
        if not await self.change(old, new):
            return False
        self._forecasts[_name(old)] = sorted(forecasts, key=_place)
        return True

    async def forecasts(
        self, tenant: str, simulation_id: str, after: tuple[str, str], most: int
    ) -> Sequence[Forecast]:
        """See `Store`."""
        kept = self._forecasts.get((tenant, simulation_id), ())
        return [one for one in kept if _place(one) > after][:most]

    async def scored(self, tenant: str) -> Sequence[Scored]:
        """See `Store`."""
        return [
            Scored(
                job, self._inputs[name].personas, self._sets[tenant, job.spec.persona_set_id],
                self._forecasts[name],
            )
            for name, job in self._jobs.items()
            if job.state is State.SUCCEEDED and (tenant, job.spec.persona_set_id) in self._sets
        ][: -MOST_SCORED - 1 : -1]  # fmt: skip

    async def forget_answers(self, before: datetime) -> int:
        """See `Store`."""
        old = [each for each, (*_, when) in self._answers.items() if when < before]
        for each in old:
            del self._answers[each]
        return len(old)

    async def forget_jobs(self, before: datetime) -> int:
        """See `Store`."""
        old = [n for n, one in self._jobs.items() if one.end_time and one.end_time < before]
        for name in old:
            del self._jobs[name], self._inputs[name]
            self._forecasts.pop(name, None)
        return len(old)

    def _remember(self, request: Request, body: bytes, now: datetime) -> bytes:
        self._answers[_key(request)] = (request.digest, body, now)
        return body


def _name(job: Job) -> Name:
    return job.tenant, job.simulation_id


def _key(request: Request) -> tuple[str, str, str]:
    return request.tenant, request.method, request.request_id


def _state(job: Job) -> tuple[State, int, bool]:
    return job.state, job.attempts, job.publishing


def _place(forecast: Forecast) -> tuple[str, str]:
    return forecast.persona_id, forecast.campaign_id
