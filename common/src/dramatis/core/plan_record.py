"""A plan in full: what it sends to whom, what it was compared with, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from dramatis.core.plan import Plan


class PlanState(IntEnum):
    """What stands with a plan; the numbers are those of the contract."""

    PROPOSED = 1
    PROMOTED = 2
    RETIRED = 3


@dataclass(frozen=True, slots=True)
class PlannedSend:
    """A campaign, or `CONTROL` for silence, on a day of the horizon, from 0."""

    day: int
    campaign_id: str


@dataclass(frozen=True, slots=True)
class PersonaPlan:
    """What to do with one persona.

    Attributes:
        persona_id: the persona.
        sends: by day.
        preferred: campaigns that may be preferred to the incumbent, see `Plan`.
        value: of the sends per recipient, on draws held out, in currency units over silence.
    """

    persona_id: str
    sends: tuple[PlannedSend, ...]
    preferred: frozenset[str]
    value: float


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """What a policy earns per recipient in the simulation, in currency units over silence.

    Attributes:
        policy: such as "greedy".
        train_value: mean over the draws that were learnt from.
        held_out_value: mean over other draws.
        lower_90, upper_90: 90 % interval over those.
    """

    policy: str
    train_value: float
    held_out_value: float
    lower_90: float
    upper_90: float


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan as it is kept and published.

    Attributes:
        tenant: whose it is.
        plan_id: unique within the tenant.
        persona_set_id: the set that its personas belong to.
        policy: the one of `policy_values` that made the sends.
        incumbent: the one action that earns most when everybody gets the same.
        personas: what to do with each.
        policy_values: all policies compared.
        state: what became of it.
        create_time: when it was made.
        seed: that made it.
    """

    tenant: str
    plan_id: str
    persona_set_id: str
    policy: str
    incumbent: str
    personas: tuple[PersonaPlan, ...]
    policy_values: tuple[PolicyValue, ...]
    state: PlanState
    create_time: datetime
    seed: int

    @property
    def plan(self) -> Plan:
        """What the prioritizer follows of it."""
        preferred = {persona.persona_id: persona.preferred for persona in self.personas}
        return Plan(self.plan_id, self.persona_set_id, self.incumbent, preferred)

    def value_of(self, policy: str) -> PolicyValue:
        """What one of the policies earns.

        Raises:
            KeyError: it was not compared.
        """
        return {value.policy: value for value in self.policy_values}[policy]
