"""The simulation as reinforcement learning sees it: many recipients at once, one array per step.

A row is one recipient of one persona in one draw of the engine's parameters; which draw it is
cannot be seen, so that what is learnt holds for all of them. Letters: N rows, O observation
columns; others as in `problem`.
"""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices

from dramatis.core.arrays import Floats, Indices
from dramatis.optimizer.domain.problem import SILENCE, Problem, allowed

Observations = NDArray[np.float32]
Rewards = NDArray[np.float32]


class Rows:
    """The state of N rows that start and end their episodes together.

    Row n is of persona n % P. With each episode it moves on to another draw, in turn, so that all
    draws are met equally often.
    """

    def __init__(self, problem: Problem, count: int) -> None:
        self._problem = problem
        self._personas = np.arange(count) % len(problem.persona_ids)
        self._lane = np.arange(count) // len(problem.persona_ids)
        self._lanes = -(-count // len(problem.persona_ids))
        self._scale = reward_scale(problem.mean)
        self._one_hot = np.eye(len(problem.persona_ids), dtype=np.float32)[self._personas]
        self.episode = -1
        self.begin()

    def begin(self) -> None:
        """Starts the next episode of all rows."""
        self.episode += 1
        self.day = 0
        draws = (self._lane + self.episode * self._lanes) % len(self._problem.train)
        self._gains = self._problem.train[draws, self._personas]
        self._sent = np.zeros(self._gains.shape, dtype=bool)

    def step(self, actions: Indices) -> Rewards:
        """[N] rewards of a day, gains on the scale of 1; what is not allowed is silence."""
        counts = allowed(self._sent, actions, self._problem.max_sends)
        at = np.where(counts, actions, SILENCE)[:, None]
        gains = np.take_along_axis(self._gains, at, axis=1)[:, 0]
        self._sent[counts, actions[counts]] = True
        self.day += 1
        rewards: Rewards = (gains / self._scale).astype(np.float32)
        return rewards

    @property
    def over(self) -> bool:
        """Whether the horizon is reached."""
        return self.day >= self._problem.horizon_days

    def observe(self) -> Observations:
        """[N, O] persona, day, sends so far and what was sent; all in [0, 1], a new array."""
        problem = self._problem
        clock = np.full((len(self._sent), 1), self.day / problem.horizon_days)
        sends = self._sent.sum(axis=1, keepdims=True) / problem.max_sends
        return np.hstack([self._one_hot, clock, sends, self._sent[:, 1:]], dtype=np.float32)


def reward_scale(mean: Floats) -> float:
    """What the gains are divided by, so that the learner sees numbers near 1."""
    return float(np.abs(mean).max()) or 1.0


def observation_space(problem: Problem) -> spaces.Space[Observations]:
    """The space of one row's observation."""
    width = len(problem.persona_ids) + 2 + len(problem.actions) - 1
    return spaces.Box(0.0, 1.0, (width,), np.float32)


def action_space(problem: Problem) -> spaces.Discrete:
    """The space of one row's action."""
    return spaces.Discrete(len(problem.actions))


class BatchedEnvironment(VecEnv):
    """All rows as one stable-baselines3 environment, without a Python loop over rows."""

    def __init__(self, problem: Problem, count: int) -> None:
        self._rows = Rows(problem, count)
        self._actions: Indices = np.zeros(count, dtype=np.int64)
        self.render_mode = None
        self._nothing: list[dict[str, Any]] = [{} for _ in range(count)]
        super().__init__(count, observation_space(problem), action_space(problem))

    def reset(self) -> Observations:
        """[N, O] first observations of a new episode."""
        self._rows.begin()
        return self._rows.observe()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Takes the actions of the next step."""
        self._actions = np.asarray(actions, dtype=np.int64).reshape(-1)

    def step_wait(
        self,
    ) -> tuple[Observations, Rewards, NDArray[np.bool_], list[dict[str, Any]]]:
        """Steps all rows; at the horizon the next episode's first observations come back."""
        rewards = self._rows.step(self._actions)
        seen, over = self._rows.observe(), self._rows.over
        infos = self._nothing
        if over:
            infos = [{"terminal_observation": row} for row in seen]
            seen = self.reset()
        return seen, rewards, np.full(self.num_envs, over), infos

    def close(self) -> None:
        """Nothing to close."""

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """One value for each row asked for."""
        return [getattr(self, attr_name)] * len(self._asked(indices))

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Sets it for all rows: they share one object."""
        setattr(self, attr_name, value)

    def env_method(
        self, method_name: str, *args: Any, indices: VecEnvIndices = None, **kwargs: Any
    ) -> list[Any]:
        """Calls it once: rows share one object."""
        return [getattr(self, method_name)(*args, **kwargs)] * len(self._asked(indices))

    def env_is_wrapped(self, wrapper_class: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        """No row is wrapped."""
        return [False] * len(self._asked(indices))

    def _asked(self, indices: VecEnvIndices) -> Sequence[int]:
        return list(self._get_indices(indices))


class SingleEnvironment(gymnasium.Env[Observations, np.int64]):
    """One row as a gymnasium environment, for checkers and for people who look around."""

    def __init__(self, problem: Problem) -> None:
        self.observation_space = observation_space(problem)
        self.action_space = action_space(problem)
        self._problem = problem
        self._row = Rows(problem, 1)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Starts an episode of the first persona; a seed starts again from the first draw."""
        super().reset(seed=seed)
        self._row = Rows(self._problem, 1) if seed is not None else self._row
        self._row.begin()
        return self._row.observe()[0], {}

    def step(self, action: np.int64) -> tuple[Observations, float, bool, bool, dict[str, Any]]:
        """One day."""
        reward = self._row.step(np.array([action], dtype=np.int64))[0]
        return self._row.observe()[0], float(reward), self._row.over, False, {}
