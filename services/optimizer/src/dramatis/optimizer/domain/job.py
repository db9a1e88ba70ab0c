"""An optimization as a job: what was asked for, and how it stands."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from typing import Final

from dramatis.core.campaign import Campaign
from dramatis.core.errors import Conflict, DramatisError, Invalid, Unimplemented
from dramatis.core.persona_set import PersonaSet

MOST: Final = {
    "horizon_days": 365,
    "max_sends_per_recipient": 365,
    "train_steps": 100_000_000,
    "draw_count": 10_000,
    "seed": 2**63 - 1,
}
"""The largest value of each number in a spec; the smallest is 0."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What to search for. 0 lets the server choose; `filled` has no such 0 but `train_steps`.

    Attributes:
        campaign_ids: to choose from; none means all live ones.
        horizon_days: days that the plan covers.
        max_sends_per_recipient: within the horizon.
        train_steps: environment steps; 0: by the size of the problem.
        draw_count: draws of the engine's parameters to train over, and as many to judge on.
        seed: of every random number.
        risk_share: share of the worst outcomes to optimise for; this build knows the mean, 1.
    """

    campaign_ids: tuple[str, ...] = ()
    horizon_days: int = 0
    max_sends_per_recipient: int = 0
    train_steps: int = 0
    draw_count: int = 0
    seed: int = 0
    risk_share: float = 0.0

    def __post_init__(self) -> None:
        for name, most in MOST.items():
            if not 0 <= (value := getattr(self, name)) <= most:
                raise Invalid(f"{name} is in 0..{most}, got {value}", field=f"spec.{name}")
        if not 0 <= self.risk_share <= 1:
            raise Invalid(
                f"risk_share is in (0, 1], or 0, got {self.risk_share}", field="spec.risk_share"
            )
        if 0 < self.risk_share < 1:
            raise Unimplemented(
                "this release optimises the mean: leave risk_share at 0", reason="RISK_MEASURE"
            )
        if len(set(self.campaign_ids)) < len(self.campaign_ids):
            raise Invalid("a campaign is named twice", field="spec.campaign_ids")

    def filled(self, campaign_ids: tuple[str, ...]) -> "Spec":
        """The spec with defaults in place of zeros, and with these campaigns."""
        return replace(
            self,
            campaign_ids=campaign_ids,
            horizon_days=self.horizon_days or 1,
            max_sends_per_recipient=self.max_sends_per_recipient or 1,
            draw_count=self.draw_count or 256,
            risk_share=1.0,
        )


class JobState(IntEnum):
    """Where a job stands; the numbers are those of the contract."""

    PENDING = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILED = 4
    CANCELLED = 5


ATTEMPTS: Final = 5
"""How often a worker takes a job up: one that takes the process down ends, the others go on."""
INTERNAL: Final = 13
CODES: Final[dict[type, int]] = {Invalid: 3, Conflict: 9}
"""Codes of google.rpc.Code."""


@dataclass(frozen=True, slots=True)
class Point:
    """How good the policy was after some training.

    Attributes:
        steps: environment steps so far.
        value: mean per recipient on the training draws, in currency units.
    """

    steps: int
    value: float


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job failed: the gRPC code's number, a reason for programs, a sentence for people."""

    code: int
    reason: str
    message: str
    metadata: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, error: DramatisError) -> "Failure":
        """What an error says of the job that met it."""
        code = next((CODES[kind] for kind in type(error).__mro__ if kind in CODES), INTERNAL)
        return cls(code, error.reason, error.message, dict(error.metadata))


@dataclass(frozen=True, slots=True)
class Optimization:
    """A job.

    Attributes:
        tenant: whose it is.
        optimization_id: unique within the tenant.
        spec: with defaults filled in.
        state: where it stands.
        create_time: when it was asked for.
        progress: done so far, in [0, 1].
        seconds_left: expected; None where unknown.
        curve: value on the training draws after each evaluation.
        failure: why it failed.
        end_time: when it ended.
        plan_id: what it found; "" while there is nothing.
        stopping: it was asked to stop.
        attempts: how often a worker took it up; nobody outside sees it.
    """

    tenant: str
    optimization_id: str
    spec: Spec
    state: JobState
    create_time: datetime
    progress: float = 0.0
    seconds_left: float | None = None
    curve: tuple[Point, ...] = ()
    failure: Failure | None = None
    end_time: datetime | None = None
    plan_id: str = ""
    stopping: bool = False
    attempts: int = field(default=0, compare=False)

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state > JobState.RUNNING

    @property
    def own_plan_id(self) -> str:
        """The id that a plan has which it finds."""
        return self.optimization_id.replace("opt-", "plan-", 1)

    def followed_by(self, job: "Optimization") -> bool:
        """Whether this, as it is kept, may become `job`: it is in the same worker's hands."""
        return not self.ended and self.attempts == job.attempts

    def as_created(self) -> "Optimization":
        """The job as it stood when it was made."""
        return Optimization(
            self.tenant, self.optimization_id, self.spec, JobState.PENDING, self.create_time
        )

    def taken(self) -> "Optimization":
        """The job in the hands of a worker, once more from its beginning."""
        return replace(
            self.as_created(),
            state=JobState.RUNNING,
            stopping=self.stopping,
            attempts=self.attempts + 1,
        )


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a job works on, as it was when the job was made."""

    personas: PersonaSet
    campaigns: tuple[Campaign, ...]
