"""A job's whole work, from what is known to what is proposed. Pure but for the time it takes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dramatis.optimizer.domain import proposal, training, worlds
from dramatis.optimizer.domain.job import Inputs, Spec
from dramatis.optimizer.domain.proposal import Proposal
from dramatis.optimizer.domain.training import Progress


@dataclass(frozen=True, slots=True)
class Solution:
    """What came out: the proposal, and the environment steps that were trained for."""

    proposal: Proposal
    steps: int


def solve(inputs: Inputs, spec: Spec, stopped: Callable[[], bool], progress: Progress) -> Solution:
    """Draws worlds, trains in one half of them, judges in the other.

    Args:
        inputs: what is known.
        spec: with defaults filled in.
        stopped: asked before training; if so there is none.
        progress: told of each evaluation; False ends the training, the best so far counts.

    Raises:
        Conflict: there is nothing to choose from.
        Invalid: the engine cannot work on these personas.
    """
    problem = worlds.problem(inputs.personas, inputs.campaigns, spec)
    steps, learnt = 0, None
    if not stopped():
        wanted = spec.train_steps or training.default_steps(problem)
        trained = training.train(problem, wanted, spec.seed, progress)
        steps = trained.curve[-1].steps if trained.curve else 0
        learnt = trained.schedule
    rng = np.random.default_rng(spec.seed)
    return Solution(proposal.propose(problem, learnt, rng), steps)
