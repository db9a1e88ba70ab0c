"""All policies judged on draws that nothing was learnt from, and the plan that comes of it.

Letters as in `problem`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats, Indices
from dramatis.core.plan_record import PersonaPlan, PlannedSend, PolicyValue
from dramatis.optimizer.domain import caution, policies
from dramatis.optimizer.domain.problem import Problem, earn

NOTHING: Final = "nothing"
RANDOM: Final = "random"
BEST_FIXED: Final = "best_fixed"
GREEDY: Final = "greedy"
CAUTIOUS: Final = "cautious"
PPO: Final = "ppo"

RANDOM_COUNT: Final = 64
"""Random schedules that are averaged."""
CERTAIN: Final = 1.645
"""Standard errors that PPO must be ahead by: 95 % of a normal distribution, one-sided."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an optimization found.

    Attributes:
        policy: that made the sends.
        incumbent: the action that is best for everybody.
        personas: what to do with each.
        policy_values: of all policies compared.
    """

    policy: str
    incumbent: str
    personas: tuple[PersonaPlan, ...]
    policy_values: tuple[PolicyValue, ...]


def propose(problem: Problem, learnt: Indices | None, rng: np.random.Generator) -> Proposal:
    """The plan that holds where nothing was learnt.

    PPO's only if it beats greedy there, draw by draw; else greedy's, if that earns no less than
    the best fixed one; else that. Personas may leave the incumbent by the rule of `caution`, if
    that too earns no less.

    Args:
        problem: with both kinds of draws.
        learnt: [P, T] PPO's schedule; None where it was stopped before it had one.
        rng: of the random policy.
    """
    free = caution.preferred(problem)
    schedules = {
        NOTHING: policies.nothing(problem),
        BEST_FIXED: policies.best_fixed(problem),
        GREEDY: policies.greedy(problem),
        CAUTIOUS: caution.schedule(problem, free),
        **({PPO: learnt} if learnt is not None else {}),
    }
    held_out = {name: value(each, problem, problem.held_out) for name, each in schedules.items()}
    if held_out[CAUTIOUS].mean() < held_out[BEST_FIXED].mean():
        free = np.zeros_like(free)
    chosen = choose(held_out)
    plan = caution.plan(problem, free, "", "")
    return Proposal(
        policy=chosen,
        incumbent=plan.incumbent,
        personas=_personas(problem, schedules[chosen], plan.preferred),
        policy_values=(*_values(problem, schedules, held_out), _random(problem, rng)),
    )


def choose(held_out: Mapping[str, Floats]) -> str:
    """The policy to propose, by what each earns in the same held-out draws [S']."""
    if PPO in held_out:
        ahead = held_out[PPO] - held_out[GREEDY]
        error = ahead.std() / np.sqrt(len(ahead))
        if ahead.mean() > CERTAIN * error and ahead.mean() > 0:
            return PPO
    better = held_out[GREEDY].mean() >= held_out[BEST_FIXED].mean()
    return GREEDY if better else BEST_FIXED


def value(schedule: Indices, problem: Problem, gains: Floats) -> Floats:
    """[S] mean per recipient in each draw, in currency units over silence."""
    earned: Floats = earn(schedule, gains, problem.max_sends) @ problem.weights
    return earned


def _values(
    problem: Problem, schedules: Mapping[str, Indices], held_out: Mapping[str, Floats]
) -> list[PolicyValue]:
    return [
        _judged(name, value(each, problem, problem.train), held_out[name])
        for name, each in schedules.items()
    ]


def _random(problem: Problem, rng: np.random.Generator) -> PolicyValue:
    """Averaged over schedules, so that the interval is about the draws as for the others."""
    drawn = [policies.chance(problem, rng) for _ in range(RANDOM_COUNT)]
    train, held_out = (
        np.mean([value(each, problem, gains) for each in drawn], axis=0)
        for gains in (problem.train, problem.held_out)
    )
    return _judged(RANDOM, train, held_out)


def _judged(policy: str, train: Floats, held_out: Floats) -> PolicyValue:
    lower, upper = np.quantile(held_out, [0.05, 0.95])
    return PolicyValue(
        policy, float(train.mean()), float(held_out.mean()), float(lower), float(upper)
    )


def _personas(
    problem: Problem, schedule: Indices, preferred: Mapping[str, frozenset[str]]
) -> tuple[PersonaPlan, ...]:
    values = earn(schedule, problem.held_out, problem.max_sends).mean(axis=0)
    return tuple(
        PersonaPlan(
            persona_id=persona,
            sends=tuple(PlannedSend(day, problem.actions[a]) for day, a in enumerate(row)),
            preferred=preferred[persona],
            value=float(worth),
        )
        for persona, row, worth in zip(problem.persona_ids, schedule, values, strict=True)
    )
