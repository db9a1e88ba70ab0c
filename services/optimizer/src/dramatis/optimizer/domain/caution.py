"""Who may leave the one action that is best for everybody: only where it pays almost surely.

A conservative bandit's rule (Wu et al., https://arxiv.org/abs/1602.04282): the choice of many
personas together must keep most of what the incumbent earns. Between campaigns, a persona leaves
where P(better) exceeds q, with the smallest q for which the total stays above the floor. To or
from silence the size of a small effect is the model's claim rather than evidence, so all that are
better leave, or nobody, and only where the total is almost surely positive.
"""

from typing import Final

import numpy as np

from dramatis.core.arrays import Floats, Indices, Mask
from dramatis.core.plan import Plan, follow
from dramatis.optimizer.domain import policies
from dramatis.optimizer.domain.problem import SILENCE, Problem

GIVE_UP: Final = 0.05
"""Share of the incumbent's value that leaving it may cost ..."""
RISK: Final = 0.1
"""... with this probability at most."""
SURE: Final = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Candidates for q."""


def incumbent(problem: Problem) -> int:
    """The action that earns most on average when everybody gets the same."""
    return int((problem.weights @ problem.mean).argmax())


def preferred(problem: Problem) -> Mask:
    """[P, A] which actions each persona may prefer to the incumbent, by the training draws."""
    best = incumbent(problem)
    gaps = problem.train - problem.train[..., [best]]
    floor = -GIVE_UP * abs(float(problem.weights @ problem.level[:, best]))
    actions = range(len(problem.actions))
    return np.stack(
        [_leave(gaps[..., a], problem.weights, floor, SILENCE in (a, best)) for a in actions],
        axis=1,
    )


def _leave(gaps: Floats, weights: Floats, floor: float, silence: bool) -> Mask:
    """[P] who leaves the incumbent for an action that earns `gaps` [S, P] more."""
    mean, sure = gaps.mean(axis=0), (gaps > 0).mean(axis=0)
    for q in SURE[:1] if silence else SURE:
        leave: Mask = (sure > q) & (mean > 0)
        least = np.quantile(gaps @ (weights * leave), RISK)
        if (least > 0) if silence else (least >= floor):
            return leave
    return np.zeros(len(weights), dtype=bool)


def schedule(problem: Problem, free: Mask) -> Indices:
    """[P, T] what the prioritizer does for a recipient who is wholly of one persona."""
    counted = follow(
        plan(problem, free, "", ""), problem.mean[:, 1:], problem.persona_ids, problem.actions[1:]
    )
    gains = np.hstack([np.zeros((len(counted), 1)), counted])
    return policies.best_first(gains, problem)


def plan(problem: Problem, free: Mask, plan_id: str, persona_set_id: str) -> Plan:
    """The plan that lets each persona prefer what is `free` [P, A] to it."""
    names = np.array(problem.actions)
    allowed = {
        persona: frozenset(names[row].tolist())
        for persona, row in zip(problem.persona_ids, free, strict=True)
    }
    return Plan(plan_id, persona_set_id, problem.actions[incumbent(problem)], allowed)
