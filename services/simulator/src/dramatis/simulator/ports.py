"""What the simulator needs of the world."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from dramatis.core.campaign import Campaign
from dramatis.core.lease import Lease
from dramatis.core.persona_set import PersonaSet
from dramatis.core.request import Request
from dramatis.simulator.domain.job import Inputs, Job
from dramatis.simulator.domain.result import Result
from dramatis.simulator.domain.track_record import Case

MOST_SCORED: Final = 64
"""Simulations that a track record is made of."""

Clock = Callable[[], datetime]
"""The present moment, aware, in UTC."""


Seal = Callable[[Job], bytes]
"""Writes the answer of a request as it will be sent, now and whenever it is asked for again."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """One stored forecast.

    Attributes:
        persona_id, campaign_id: who, to what.
        record: as it is published, and as callers get it.
    """

    persona_id: str
    campaign_id: str
    record: bytes


@dataclass(frozen=True, slots=True)
class Scored:
    """A finished simulation beside reality.

    Attributes:
        job: the simulation.
        before: the personas, with the evidence that it could learn from.
        now: the same set with the evidence so far.
        forecasts: its records.
    """

    job: Job
    before: PersonaSet
    now: PersonaSet
    forecasts: Sequence[Forecast]


class Store(Protocol):
    """The simulator's memory. What a method has done survives a kill -9 when it returns.

    All methods may block; all raise Unavailable where the memory cannot be used.
    """

    async def personas(self, tenant: str, persona_set_id: str) -> PersonaSet | None:
        """A tenant's set, the one that came last for the empty id; older ones may be forgotten."""
        ...

    async def campaigns(self, tenant: str) -> Sequence[Campaign]:
        """All of a tenant's campaigns, by id."""
        ...

    async def answer(self, request: Request) -> bytes | None:
        """What the request was answered before.

        Raises:
            Invalid: the id was used with another body.
        """
        ...

    async def create(self, job: Job, inputs: Inputs, request: Request, seal: Seal) -> bytes:
        """Queues the job and returns the answer; where the request came before, only the answer.

        Raises:
            Invalid: the id was used with another body.
        """
        ...

    async def cancel(
        self, tenant: str, simulation_id: str, now: datetime, request: Request, seal: Seal
    ) -> bytes | None:
        """Stops the job and returns the answer; None where there is no such job.

        Raises:
            Invalid: the id was used with another body.
        """
        ...

    async def job(self, tenant: str, simulation_id: str) -> Job | None:
        """One job."""
        ...

    async def jobs(self, tenant: str, before: int, most: int) -> Sequence[tuple[int, Job]]:
        """The newest jobs whose number is below `before`, with their numbers, newest first."""
        ...

    async def next_job(self, lease: Lease) -> tuple[Job, Inputs] | None:
        """The oldest job that has not ended and that no other worker holds, from now on held.

        One that was running when its process died is among them, when its lease has run out.
        """
        ...

    async def renew(self, job: Job, lease: Lease) -> bool:
        """Holds on to a job for longer; False where it ended or is another worker's by now."""
        ...

    async def change(self, old: Job, new: Job) -> bool:
        """Replaces a job if it still is in the state of `old`; returns whether it was."""
        ...

    async def finish(self, old: Job, new: Job, forecasts: Sequence[Forecast]) -> bool:
        """The same, and keeps the forecasts with it."""
        ...

    async def forecasts(
        self, tenant: str, simulation_id: str, after: tuple[str, str], most: int
    ) -> Sequence[Forecast]:
        """The forecasts that follow (persona id, campaign id), in that order."""
        ...

    async def forget_answers(self, before: datetime) -> int:
        """Drops the answers given before then and returns how many."""
        ...

    async def forget_jobs(self, before: datetime) -> int:
        """Drops some jobs that ended before then, with inputs and forecasts; returns how many."""
        ...

    async def scored(self, tenant: str) -> Sequence[Scored]:
        """The newest succeeded simulations, `MOST_SCORED` of them, whose set is still known."""
        ...


class Records(Protocol):
    """Turns results into records of the `forecasts` topic, and reads them back."""

    def write(self, job: Job, result: Result) -> Sequence[Forecast]:
        """One record per persona and campaign."""
        ...

    def cases(self, scored: Scored) -> Iterable[Case]:
        """Yields each forecast rate beside what was seen that its engine had not learned from."""
        ...


class Publisher(Protocol):
    """The `forecasts` topic."""

    async def publish(self, job: Job, forecasts: Sequence[Forecast]) -> None:
        """Writes the records; again with the same ids where it was done before.

        Raises:
            Unavailable: some may be missing; do it again.
        """
        ...


class Witness(Protocol):
    """Who is told what happens, to count it and to write it down; never raises."""

    def began(self, job: Job) -> None:
        """A worker took up the job."""
        ...

    def left(self, job: Job, seconds: float) -> None:
        """The worker has left it, after so long, whatever became of it."""
        ...

    def published(self, job: Job, forecasts: int) -> None:
        """So many forecasts are in the topic."""
        ...

    def ended(self, job: Job) -> None:
        """The job has its last state."""
        ...

    def broke(self, job: Job, error: Exception) -> None:
        """The engine failed in a way that nobody foresaw."""
        ...

    def waiting(self, error: Exception) -> None:
        """Store or log cannot be used; the worker tries again."""
        ...
