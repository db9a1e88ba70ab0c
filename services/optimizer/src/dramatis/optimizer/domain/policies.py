"""Policies without learning, which every plan is compared with.

A policy is a schedule: [P, T] actions, one per persona and day. Letters as in `problem`.
"""

import numpy as np

from dramatis.core.arrays import Floats, Indices
from dramatis.optimizer.domain.problem import SILENCE, Problem


def nothing(problem: Problem) -> Indices:
    """Silence for everybody."""
    return np.full((len(problem.persona_ids), problem.horizon_days), SILENCE)


def chance(problem: Problem, rng: np.random.Generator) -> Indices:
    """Any action on any day, all as likely."""
    size = (len(problem.persona_ids), problem.horizon_days)
    return rng.integers(len(problem.actions), size=size)


def best_fixed(problem: Problem) -> Indices:
    """The same for everybody: the campaigns that earn most on average, best first."""
    everybody = problem.weights @ problem.mean
    return np.repeat(best_first(everybody[None], problem), len(problem.persona_ids), axis=0)


def greedy(problem: Problem) -> Indices:
    """For each persona the campaigns that earn most on average, best first.

    Sends of different campaigns do not disturb one another here, so this is the exact optimum of
    the mean over the training draws.
    """
    return best_first(problem.mean, problem)


def best_first(mean: Floats, problem: Problem) -> Indices:
    """[N, T] actions of positive gain [N, A] in falling order, then silence."""
    days = min(problem.horizon_days, problem.max_sends, len(problem.actions))
    order = np.argsort(-mean, axis=1, kind="stable")[:, :days]
    pays = np.take_along_axis(mean, order, axis=1) > 0
    schedule = np.full((len(mean), problem.horizon_days), SILENCE)
    schedule[:, :days] = np.where(pays, order, SILENCE)
    return schedule
