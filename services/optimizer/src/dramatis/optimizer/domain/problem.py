"""What there is to decide: who may be sent what, and what it earns in each world we believe in.

Letters: S draws of the engine's parameters, P personas, A actions (silence first), T days.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats, Indices, Mask
from dramatis.core.campaign import CONTROL

SILENCE: Final = 0
"""The action of sending nothing; always allowed, earns nothing."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One optimization, as numbers.

    Attributes:
        persona_ids: [P].
        weights: [P] shares of all recipients; sum to 1.
        actions: [A] campaign ids, `CONTROL` first.
        train: [S, P, A] gain of each action over silence, net of cost, in currency units, per draw.
        held_out: [S', P, A] the same in draws that nothing is learnt from.
        level: [P, A] mean worth of each action itself, net of cost, which gains are differences of.
        horizon_days: T, days with one action each.
        max_sends: most sends per recipient within the horizon.
    """

    persona_ids: tuple[str, ...]
    weights: Floats
    actions: tuple[str, ...]
    train: Floats
    held_out: Floats
    level: Floats
    horizon_days: int = 1
    max_sends: int = 1

    def __post_init__(self) -> None:
        shape = (len(self.persona_ids), len(self.actions))
        if self.actions[:1] != (CONTROL,) or self.horizon_days < 1 or self.max_sends < 1:
            raise ValueError("silence comes first; horizon and sends are 1 or more")
        for gains in (self.train, self.held_out):
            if gains.ndim != 3 or gains.shape[1:] != shape or not np.isfinite(gains).all():
                raise ValueError(f"gains must be finite, [S, {shape[0]}, {shape[1]}]")
            if gains[..., SILENCE].any():
                raise ValueError("silence gains nothing")

    @property
    def mean(self) -> Floats:
        """[P, A] gain over the training draws."""
        mean: Floats = self.train.mean(axis=0)
        return mean


def allowed(sent: Mask, actions: Indices, max_sends: int) -> Mask:
    """Which sends count: not silence, not a campaign sent before, not beyond the most sends.

    Args:
        sent: [N, A] what was sent to each row so far.
        actions: [N].
        max_sends: per row.
    """
    fresh = ~np.take_along_axis(sent, actions[:, None], axis=1)[:, 0]
    allowance: Mask = (actions != SILENCE) & fresh & (sent.sum(axis=1) < max_sends)
    return allowance


def effective(schedule: Indices, action_count: int, max_sends: int) -> Indices:
    """The schedule as it comes to pass: what is not allowed is silence.

    Args:
        schedule: [N, T] actions.
        action_count: A.
        max_sends: per row.

    >>> effective(np.array([[2, 2, 1, 3]]), 4, 2).tolist()
    [[2, 0, 1, 0]]
    """
    sent = np.zeros((len(schedule), action_count), dtype=bool)
    rows = np.arange(len(schedule))
    passed = np.zeros_like(schedule)
    for day in range(schedule.shape[1]):
        counts = allowed(sent, schedule[:, day], max_sends)
        passed[counts, day] = schedule[counts, day]
        sent[rows[counts], schedule[counts, day]] = True
    return passed


def earn(schedule: Indices, gains: Floats, max_sends: int) -> Floats:
    """What a schedule earns in each draw.

    Args:
        schedule: [P, T] actions.
        gains: [S, P, A].
        max_sends: per recipient.

    Returns:
        [S, P] per recipient of each persona, in currency units.
    """
    passed = effective(schedule, gains.shape[2], max_sends)
    earned: Floats = gains[:, np.arange(len(passed))[:, None], passed].sum(axis=2)
    return earned
