"""What the use cases need of the world."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from dramatis.core.campaign import Campaign
from dramatis.core.lease import Lease
from dramatis.core.persona_set import PersonaSet
from dramatis.core.plan_record import PlanRecord
from dramatis.core.request import Request
from dramatis.optimizer.domain.history import Move
from dramatis.optimizer.domain.job import Inputs, Optimization


class Method(StrEnum):
    """Calls that change something."""

    CREATE = "create"
    CANCEL = "cancel"
    PROMOTE = "promote"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Known:
    """What other services have told about a tenant.

    Attributes:
        personas: the newest set; None before the first.
        campaigns: all, by id.
        awaited: set id that a newer snapshot names, although that set has not arrived yet.
    """

    personas: PersonaSet | None
    campaigns: tuple[Campaign, ...]
    awaited: str = ""


class Knowledge(Protocol):
    """The newest personas and campaigns, as the event log told them."""

    async def newest(self, tenant: str) -> Known:
        """What is known of the tenant; nothing is None and empty, never an error."""
        ...


class Jobs(Protocol):
    """Optimizations, durable: what a call returned survives a kill -9."""

    async def create(self, request: Request, job: Optimization, inputs: Inputs) -> Optimization:
        """Queues the job; for a request that came before, the job that it made, unchanged.

        Raises:
            Invalid: the request id was used for something else.
        """
        ...

    async def created(self, request: Request) -> Optimization | None:
        """The job as that request made it; None if it never came.

        Raises:
            Invalid: the request id was used for something else.
        """
        ...

    async def get(self, tenant: str, optimization_id: str) -> Optimization:
        """The job as it stands.

        Raises:
            NotFound: the tenant has no such job.
        """
        ...

    async def cancel(self, request: Request, optimization_id: str, now: datetime) -> Optimization:
        """Ends a job that is pending, marks one that is running; one that has ended stays.

        Raises:
            NotFound: the tenant has no such job.
            Invalid: the request id was used for something else.
        """
        ...

    async def take(self, lease: Lease) -> tuple[Optimization, Inputs] | None:
        """The oldest job that has not ended and that no other worker holds, from now on running.

        One that was running already is one whose process died: when its lease has run out it
        comes again, and counts how often. None if there is no job.
        """
        ...

    async def renew(self, job: Optimization, lease: Lease) -> bool:
        """Holds on to a job for longer; False where it is to stop, or is another worker's."""
        ...

    async def note(self, job: Optimization) -> None:
        """Keeps progress, time left and curve of a job that is running, if it is still held."""
        ...

    async def end(self, job: Optimization, plan: PlanRecord | None) -> None:
        """Keeps how the job ended, and the plan that it found, both or neither.

        Where another worker took the job meanwhile, nothing changes.
        """
        ...

    async def forget(self, before: datetime) -> int:
        """Drops some jobs that ended before then, and returns how many; 0 when all are gone.

        Their plans go with them, unless they were ever promoted.
        """
        ...


class Plans(Protocol):
    """Plans and the history of which was followed, durable."""

    async def get(self, tenant: str, plan_id: str) -> PlanRecord:
        """The plan, in the state that the history gives it.

        Raises:
            NotFound: the tenant has no such plan.
        """
        ...

    async def moved(self, request: Request) -> Move | None:
        """The move that the request made; None if it never came.

        Raises:
            Invalid: the request id was used for something else.
        """
        ...

    async def move(self, request: Request, plan_id: str, now: datetime, decide: "Decide") -> Move:
        """Adds to the history what `decide` makes of it, in one transaction.

        Raises:
            Conflict: `decide` says that it cannot be.
        """
        ...

    async def unpublished(self) -> Sequence[Move]:
        """Moves that the log does not have for certain, oldest first."""
        ...

    async def published(self, move: Move, log_token: str) -> Move | None:
        """Keeps that the log has the move, and where.

        Returns:
            The tenant's newest move that the log had already, if it is newer: it has to come after
            this one once more.
        """
        ...


Decide = Callable[[Sequence[str], str], str]
"""From the plans that were followed, newest last, and the plan asked for, to the plan to follow
next; "" for none."""


class PlanTopic(Protocol):
    """Where plans are published."""

    async def publish(self, move: Move, plan: PlanRecord | None) -> str:
        """Makes the plan the tenant's, or none; returns the log token that covers it.

        The same move may be published twice: readers see one plan.

        Raises:
            Unavailable: it is not known whether it was.
        """
        ...
