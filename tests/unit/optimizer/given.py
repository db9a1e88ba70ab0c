"""Problems, personas and campaigns to test on."""

from datetime import UTC, datetime

import numpy as np

from dramatis.core.campaign import CONTROL, Campaign, Stage, StageValue, Stimulus
from dramatis.core.evidence import Axes, EvidenceCounts
from dramatis.core.persona_set import PersonaSet
from dramatis.core.plan_record import PersonaPlan, PlannedSend, PlanRecord, PlanState, PolicyValue
from dramatis.optimizer.domain.job import Inputs
from dramatis.optimizer.domain.problem import Problem

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def problem(
    mean: list[list[float]],
    *,
    weights: list[float] | None = None,
    days: int = 1,
    sends: int = 1,
    noise: float = 0.0,
    draws: int = 4,
    level: float = 1.0,
    seed: int = 0,
) -> Problem:
    """Gains of campaigns over silence, the same in each draw but for noise."""
    gains = np.hstack([np.zeros((len(mean), 1)), np.array(mean)])
    rng = np.random.default_rng(seed)
    scatter = noise * rng.standard_normal((2, draws, *gains.shape))
    scatter[..., 0] = 0
    count = gains.shape[1]
    share = np.full(len(mean), 1 / len(mean)) if weights is None else np.array(weights)
    return Problem(
        persona_ids=tuple(f"p{i}" for i in range(len(mean))),
        weights=share,
        actions=(CONTROL, *"abcdefghij"[: count - 1]),
        train=gains + scatter[0],
        held_out=gains + scatter[1],
        level=gains + level,
        horizon_days=days,
        max_sends=sends,
    )


def inputs(
    personas: int = 8, campaigns: int = 3, seed: int = 0, trials: float = 300, set_id: str = "set-1"
) -> Inputs:
    """Personas that were sent campaigns at random, with what they answered."""
    rng = np.random.default_rng(seed)
    ids = (CONTROL, *(f"c{i}" for i in range(campaigns)))
    effect = np.array([0.0, *rng.normal(0.4, 0.2, campaigns)])
    logits = (
        -2 + rng.normal(0, 0.4, (personas, 1)) + effect + rng.normal(0, 0.25, (personas, len(ids)))
    )
    sent = np.full((personas, len(ids)), trials)
    visits = rng.binomial(int(trials), 1 / (1 + np.exp(-logits))).astype(float)
    bought = rng.binomial(visits.astype(int), 0.1).astype(float)
    evidence = EvidenceCounts(
        axes=Axes(ids, (Stage.VISIT, Stage.CONVERT), (None, Stage.VISIT)),
        trials=np.stack([sent, visits], -1),
        successes=np.stack([visits, bought], -1),
        amount_count=bought,
        amount_sum=bought * 100,
        amount_square_sum=bought * 15_000,
    )
    known = PersonaSet(
        tenant="acme",
        persona_set_id=set_id,
        create_time=NOW,
        persona_ids=tuple(f"p{i:02}" for i in range(personas)),
        persona_names=tuple(f"P{i}" for i in range(personas)),
        weights=np.full(personas, 1 / personas),
        recipient_count=personas * int(trials),
        trait_names=("x", "y"),
        traits=rng.normal(size=(personas, 2)),
        affinity_names=("mens",),
        affinities=rng.random((personas, 1)),
        evidence=evidence,
    )
    return Inputs(known, tuple(campaign(f"c{i}", i) for i in range(campaigns)))


def campaign(campaign_id: str, number: int = 0, *, paused: bool = False) -> Campaign:
    """A campaign that costs 0.02 a send and earns 1 a visit."""
    return Campaign(
        campaign_id,
        Stimulus({"category": "womens" if number % 2 else "mens"}),
        (StageValue(Stage.VISIT, 1_000_000),),
        cost_micros=20_000,
        paused=paused,
    )


def plan(
    plan_id: str = "plan-1", set_id: str = "set-1", value: float = 1.0, fixed: float = 0.5
) -> PlanRecord:
    """A plan that earns `value` where one campaign for everybody earns `fixed`."""
    return PlanRecord(
        tenant="acme",
        plan_id=plan_id,
        persona_set_id=set_id,
        policy="greedy",
        incumbent="c0",
        personas=(PersonaPlan("p00", (PlannedSend(0, "c1"),), frozenset({"c1"}), value),),
        policy_values=(
            PolicyValue("greedy", value, value, value, value),
            PolicyValue("best_fixed", fixed, fixed, fixed, fixed),
        ),
        state=PlanState.PROPOSED,
        create_time=NOW,
        seed=0,
    )
