"""Plans: which campaigns the optimizer prefers for whom, and what that does to values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.campaign import CONTROL

HAIR: Final = 1e-9
"""How far the incumbent is ahead of its equals, relative to the largest gain."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the prioritizer follows.

    Attributes:
        plan_id: unique within the tenant.
        persona_set_id: the set that its personas belong to.
        incumbent: the one action that earns most when everybody gets the same.
        preferred: by persona id, the campaigns that may be preferred to the incumbent; `CONTROL`
            among them where silence may be.
    """

    plan_id: str
    persona_set_id: str
    incumbent: str
    preferred: dict[str, frozenset[str]]


def follow(
    plan: Plan, gain: Floats, persona_ids: Sequence[str], campaign_ids: Sequence[str]
) -> Floats:
    """Gains as a plan lets them count.

    For each persona, an action counts for more than the incumbent only where the plan prefers it;
    otherwise it counts as much as the incumbent at most. Where silence is such an action, the
    incumbent counts as much as silence at least. Of actions that count the same, the incumbent is
    ahead by a hair, so that rounding never decides.

    Args:
        plan: with an entry in `preferred` for each persona; one without prefers nothing.
        gain: [P, K] of each campaign over silence, in currency units.
        persona_ids: [P].
        campaign_ids: [K].

    Returns:
        [P, K] gains over silence.

    >>> plan = Plan("", "", "a", {"p": frozenset()})
    >>> follow(plan, np.array([[1.0, 3.0]]), ["p"], ["a", "b"]).tolist()
    [[1.000000003, 1.0]]
    """
    silent = np.zeros((gain.shape[0], 1))
    actions, ids = np.hstack([gain, silent]), [*campaign_ids, CONTROL]
    if plan.incumbent not in ids:
        return gain
    best = actions[:, [ids.index(plan.incumbent)]]
    free = [
        [one in plan.preferred.get(persona, frozenset()) for one in ids] for persona in persona_ids
    ]
    counted = np.where(np.array(free, dtype=bool), actions, np.minimum(actions, best))
    counted[:, ids.index(plan.incumbent)] += HAIR * np.abs(gain).max(initial=0.0)
    return counted[:, :-1] - counted[:, -1:]
