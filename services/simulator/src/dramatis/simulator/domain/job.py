"""Simulation jobs: what was asked for, and where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from dramatis.core.campaign import Campaign
from dramatis.core.errors import DramatisError
from dramatis.core.persona_set import PersonaSet


class State(IntEnum):
    """Where a job stands; the numbers are those of the contract."""

    PENDING = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILED = 4
    CANCELLED = 5


ENDED = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})


class EvidenceUse(IntEnum):
    """Which evidence the engine learns from; the numbers are those of the contract."""

    NONE = 1
    ALL = 2


@dataclass(frozen=True, slots=True)
class Spec:
    """What to simulate.

    Attributes:
        campaign_ids: to forecast, besides "control".
        persona_set_id: the personas that meet them.
        evidence_use: what to learn from.
        draw_count: draws of the engine's parameters, >= 1.
        recipient_counts: heads that each persona stands for, >= 1, in the order of the set.
        seed: of every random number, >= 0.
    """

    campaign_ids: tuple[str, ...]
    persona_set_id: str
    evidence_use: EvidenceUse
    draw_count: int
    recipient_counts: tuple[int, ...]
    seed: int


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a job works on, as it was when the job was created: it may be run again.

    Attributes:
        personas: with the evidence of that moment.
        campaigns: all that were known.
    """

    personas: PersonaSet
    campaigns: tuple[Campaign, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """A simulation.

    Attributes:
        tenant, simulation_id: who wants it, and its name there.
        spec: with all defaults filled in.
        state: where it stands.
        create_time, end_time: UTC; the end is None until it has ended.
        progress: [0, 1].
        attempts: how often a worker has begun it.
        publishing: its result is stored and on its way to the log: too late to cancel.
        error: why it failed.
        engine_version, device: what ran it; "" before.
        agent_steps: simulated responses of single recipients.
    """

    tenant: str
    simulation_id: str
    spec: Spec
    state: State
    create_time: datetime
    end_time: datetime | None = None
    progress: float = 0.0
    attempts: int = 0
    publishing: bool = False
    error: DramatisError | None = None
    engine_version: str = ""
    device: str = ""
    agent_steps: int = 0

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED


def cancel(job: Job, now: datetime) -> Job:
    """The job stopped; as it is where it has ended, or where its result is being published."""
    if job.ended or job.publishing:
        return job
    return replace(job, state=State.CANCELLED, end_time=now)


def begin(job: Job, engine_version: str, device: str) -> Job:
    """The job in the hands of a worker."""
    return replace(
        job,
        state=State.RUNNING,
        attempts=job.attempts + 1,
        engine_version=engine_version,
        device=device,
    )


def publish(job: Job) -> Job:
    """The job with a stored result."""
    return replace(job, publishing=True, progress=1.0, agent_steps=agent_steps(job.spec))


def succeed(job: Job, now: datetime) -> Job:
    """The job with a published result."""
    return replace(job, state=State.SUCCEEDED, publishing=False, progress=1.0, end_time=now)


def fail(job: Job, error: DramatisError, now: datetime) -> Job:
    """The job without a result."""
    return replace(job, state=State.FAILED, publishing=False, error=error, end_time=now)


def agent_steps(spec: Spec) -> int:
    """Simulated responses of single recipients: recipients x campaigns, "control" too, x draws."""
    return sum(spec.recipient_counts) * (len(spec.campaign_ids) + 1) * spec.draw_count


def heads(personas: PersonaSet) -> Sequence[int]:
    """How many recipients each persona stands for, at least one."""
    return [max(1, round(float(share) * personas.recipient_count)) for share in personas.weights]
