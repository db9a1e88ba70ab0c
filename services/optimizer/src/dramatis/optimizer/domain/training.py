"""PPO learns a schedule in the batched environment; the best one that it had is kept.

Proximal policy optimisation: Schulman et al., https://arxiv.org/abs/1707.06347, as implemented by
stable-baselines3. Its own random numbers are process-wide (torch, numpy and random are seeded), so
only one training may run in a process at a time.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from dramatis.core.arrays import Indices
from dramatis.optimizer.domain.environment import BatchedEnvironment, Rows
from dramatis.optimizer.domain.job import Point
from dramatis.optimizer.domain.problem import Problem, earn, effective

ROLLOUT: Final = 4096
"""Environment steps between two updates, about ..."""
LEAST_ROLLOUT: Final = 64
"""... and where fewer are asked for."""
BATCHES: Final = 4
"""Minibatches that one rollout is cut into."""
LEARNING_RATE: Final = 3e-3
"""At the start; falls to 0 in a line."""
STEPS_PER_CELL: Final = 200
"""Default training: environment steps per persona, action and day ..."""
LEAST_STEPS: Final = 40_960
MOST_STEPS: Final = 2_000_000
"""... within these bounds."""


Progress = Callable[[float, Point], bool]
"""Told the share done, in [0, 1], and the newest point; False stops the training."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What training found.

    Attributes:
        schedule: [P, T] the best by mean value on the training draws; None before any training.
        curve: value after each evaluation.
    """

    schedule: Indices | None
    curve: tuple[Point, ...]


def default_steps(problem: Problem) -> int:
    """Environment steps that suffice for a problem of this size."""
    cells = len(problem.persona_ids) * len(problem.actions) * problem.horizon_days
    return int(np.clip(cells * STEPS_PER_CELL, LEAST_STEPS, MOST_STEPS))


def train(problem: Problem, steps: int, seed: int, progress: Progress) -> Trained:
    """Trains for at least `steps` environment steps, unless `progress` says stop.

    The same problem, steps and seed give the same schedule.
    """
    personas, days = len(problem.persona_ids), problem.horizon_days
    rollout = min(ROLLOUT, max(steps, LEAST_ROLLOUT))
    rows = BATCHES * personas * math.ceil(rollout / (BATCHES * personas * days))
    keeper = _Keeper(problem, steps, progress)
    learner = PPO(
        "MlpPolicy",
        BatchedEnvironment(problem, rows),
        learning_rate=lambda left: LEARNING_RATE * left,
        n_steps=days,
        batch_size=rows * days // BATCHES,
        n_epochs=4,
        gamma=1.0,
        gae_lambda=0.95,
        ent_coef=0.01,
        policy_kwargs={"net_arch": [64, 64], "activation_fn": torch.nn.Tanh},
        seed=seed % 2**32,
        device="cpu",
    )
    learner.learn(steps, callback=keeper)
    return Trained(keeper.best, tuple(keeper.curve))


class _Keeper(BaseCallback):
    """Evaluates after every rollout and keeps the best schedule."""

    def __init__(self, problem: Problem, steps: int, progress: Progress) -> None:
        super().__init__()
        self.best: Indices | None = None
        self.curve: list[Point] = []
        self._problem = problem
        self._steps = steps
        self._progress = progress
        self._best_value = -math.inf
        self._stopped = False

    def _on_rollout_start(self) -> None:
        if self.num_timesteps:
            self._evaluate()

    def _on_training_end(self) -> None:
        if not self._stopped:
            self._evaluate()

    def _on_step(self) -> bool:
        return not self._stopped

    def _evaluate(self) -> None:
        problem = self._problem
        schedule = play(self.model, problem)
        earned = earn(schedule, problem.train, problem.max_sends)
        point = Point(self.num_timesteps, float((earned @ problem.weights).mean()))
        self.curve.append(point)
        if point.value > self._best_value:
            self.best, self._best_value = schedule, point.value
        done = min(1.0, self.num_timesteps / self._steps)
        self._stopped = not self._progress(done, point)


def play(learner: BaseAlgorithm, problem: Problem) -> Indices:
    """[P, T] what the learner does when it explores no more."""
    rows = Rows(problem, len(problem.persona_ids))
    schedule = np.zeros((len(problem.persona_ids), problem.horizon_days), dtype=np.int64)
    for day in range(problem.horizon_days):
        schedule[:, day], _ = learner.predict(rows.observe(), deterministic=True)
        rows.step(schedule[:, day])
    return effective(schedule, len(problem.actions), problem.max_sends)
