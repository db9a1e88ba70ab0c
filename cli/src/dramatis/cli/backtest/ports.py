"""What the backtest needs of the five services, and the values that pass between them.

Everything is in columns: arrays over R recipients, A arms (arm 0 is the control: nothing sent),
C = A - 1 campaigns in the order of the spec, P personas. Values are in units of the objective.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeAlias

from dramatis.cli.backtest.arrays import Floats, Indices
from dramatis.cli.backtest.spec import Spec, Stage

Cell: TypeAlias = float | str | bool | date | None


@dataclass(frozen=True)
class Recipients:
    """Features of R recipients, nothing else: neither arm nor outcome is in here.

    Attributes:
        ids: [R] recipient ids, stable for one data set.
        columns: by feature column [R] cells: float for numeric and amount, str for ordinal,
            categorical and id, bool for boolean, date for date; None where it is missing.
    """

    ids: tuple[str, ...]
    columns: Mapping[str, Sequence[Cell]]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Indices) -> "Recipients":
        """The recipients at `rows`, in that order."""
        picked = rows.tolist()
        return Recipients(
            tuple(self.ids[i] for i in picked),
            {name: [cells[i] for i in picked] for name, cells in self.columns.items()},
        )


@dataclass(frozen=True)
class Responses:
    """What R recipients got and how they answered.

    Attributes:
        ids: [R] recipient ids.
        arm: [R] 0 for the control, else 1 + index of the campaign in the spec.
        outcomes: by outcome name [R]: 0 or 1, or an amount in currency units (before `value`).
    """

    ids: tuple[str, ...]
    arm: Indices
    outcomes: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Indices) -> "Responses":
        """The responses at `rows`, in that order."""
        ids = tuple(self.ids[i] for i in rows.tolist())
        return Responses(ids, self.arm[rows], {k: v[rows] for k, v in self.outcomes.items()})


@dataclass(frozen=True)
class Ingested:
    """What ingest acknowledged: durable, but not yet learned from.

    Attributes:
        accepted: records acknowledged (recipients, sends and responses each count as one).
        rejected: records refused.
        seconds: from the first call to the last acknowledgement.
        reasons: refused records by reason.
    """

    accepted: int
    rejected: int
    seconds: float
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class Persona:
    """A group of recipients, as the persona service describes it.

    Attributes:
        persona_id: within this run.
        weight: share of the recipients, in [0, 1].
        label: a few words, or "" when the service has none.
    """

    persona_id: str
    weight: float
    label: str = ""


@dataclass(frozen=True)
class Forecast:
    """The rate at which a persona answers one arm, with what is unsure about it.

    Attributes:
        persona_id: whose answer.
        arm: 0 for the control, else 1 + index of the campaign in the spec.
        stage: of the response; `AMOUNT` is the mean amount per conversion.
        rate: mean, in [0, 1] for rates, in currency units for amounts.
        lower: 5 % quantile of the rate itself (not of an observed share).
        upper: 95 % quantile of the rate itself.
        strength: of rates, alpha + beta of the Beta distribution with this mean that describes
            it; an observed share of n recipients is then beta-binomial. 0 for amounts.
        supported: False when nothing like this was ever observed; it is then not judged.
    """

    persona_id: str
    arm: int
    stage: Stage
    rate: float
    lower: float
    upper: float
    strength: float
    supported: bool = True


@dataclass(frozen=True)
class Choice:
    """What the optimizer picked for a persona in the simulation.

    Attributes:
        persona_id: for whom.
        arm: 0 for silence, else 1 + index of the campaign in the spec.
        stimulus: attributes of what to send; may differ from the campaign's own.
        value: expected net value per recipient in the simulation.
    """

    persona_id: str
    arm: int
    stimulus: Mapping[str, str]
    value: float


@dataclass(frozen=True)
class Plan:
    """A finished optimization.

    Attributes:
        plan_id: of the optimizer.
        choices: one per persona.
        value: mean value per recipient of the plan in the simulation.
        baselines: the same for the simple policies it was compared with, by name.
        promoted: whether the promotion gate let it through.
        note: one sentence on why, or "".
    """

    plan_id: str
    choices: tuple[Choice, ...]
    value: float
    baselines: Mapping[str, float]
    promoted: bool
    note: str = ""


@dataclass(frozen=True)
class Decisions:
    """What `Prioritize` answered for R recipients.

    Attributes:
        arm: [R] 0 where nothing is to be sent, else 1 + index of the campaign.
        scores: [R, C] score of each campaign: expected net gain of sending it over nothing;
            nan where the campaign was not offered.
        persona_ids: [P] columns of `membership`.
        membership: [R, P] persona mixture; rows sum to one.
        reasons: number of recipients held back, by blocking reason (one may count under several).
        rungs: number of recipients answered by each rung of the ladder.
        latency_ms: [Q] client-side time of each call.
        seconds: wall time of all calls together.
    """

    arm: Indices
    scores: Floats
    persona_ids: tuple[str, ...]
    membership: Floats
    reasons: Mapping[str, int]
    rungs: Mapping[str, int]
    latency_ms: Floats
    seconds: float

    def __post_init__(self) -> None:
        rows = len(self.arm)
        if self.scores.shape[0] != rows or self.membership.shape != (rows, len(self.persona_ids)):
            raise ValueError(
                f"decisions of {rows} recipients with scores {self.scores.shape} and "
                f"membership {self.membership.shape}"
            )


@dataclass(frozen=True)
class Posterior:
    """The tables that the prioritizer is serving, read from the persona service.

    Attributes:
        persona_ids: [P].
        net_gain: [P, C] expected value of a campaign over nothing, less its cost, for a member;
            a decision's score is membership @ net_gain.
        snapshot_id: of the snapshot that holds them.
    """

    persona_ids: tuple[str, ...]
    net_gain: Floats
    snapshot_id: str = ""


@dataclass(frozen=True)
class Footprint:
    """Largest memory and versions of the processes behind the port.

    Attributes:
        peak_rss_bytes: by process name.
        versions: by component.
    """

    peak_rss_bytes: Mapping[str, int]
    versions: Mapping[str, str]


class Services(Protocol):
    """The five services as the backtest sees them.

    Calls come in the order below; `learn` to `decide` repeat once per checkpoint. Every call
    returns when its effect is visible to the next one (read your own writes). All may raise
    `DramatisError`; none is retried by the caller.
    """

    async def open_campaigns(self, spec: Spec) -> None:
        """Announces campaigns, costs, outcomes, objective and features."""

    async def enrol(self, recipients: Recipients) -> Ingested:
        """Writes recipients with their features and consent; no response yet."""

    async def learn(self, responses: Responses) -> Ingested:
        """Writes sends and responses of enrolled recipients; the control's too."""

    async def form_personas(self) -> tuple[Persona, ...]:
        """Personas of everything in the log; afterwards snapshots and plans follow from them."""

    async def forecast(self, *, with_evidence: bool) -> tuple[Forecast, ...]:
        """Every persona x arm x outcome: the simulation alone, or met with the evidence."""

    async def optimize(self) -> Plan:
        """Stimuli per persona that win in the simulation."""

    async def decide(self, recipients: Recipients, *, seed: int) -> Decisions:
        """One dry-run decision per recipient, in order, from features alone; reserves nothing."""

    async def posterior(self) -> Posterior:
        """The tables behind the last decisions."""

    async def footprint(self) -> Footprint:
        """Memory and versions so far."""


def together(one: Ingested, other: Ingested) -> Ingested:
    """Both acknowledgements as one."""
    reasons = dict(one.reasons)
    for reason, count in other.reasons.items():
        reasons[reason] = reasons.get(reason, 0) + count
    return Ingested(
        one.accepted + other.accepted,
        one.rejected + other.rejected,
        one.seconds + other.seconds,
        reasons,
    )
