"""Which recipients are learned from, in which order, and which are judged on."""

from dataclasses import dataclass

import numpy as np

from dramatis.cli.backtest.arrays import Indices

CHECKPOINTS = (0, 500, 2_000, 8_000)


@dataclass(frozen=True)
class Split:
    """Two halves of R recipients.

    Attributes:
        learning: rows to learn from, in the order in which their responses arrive.
        judging: rows to judge on, ascending.
        checkpoints: how many of `learning` have been seen when the policy is judged; ascending,
            the last is all of them.
    """

    learning: Indices
    judging: Indices
    checkpoints: tuple[int, ...]


def halve(recipients: int, seed: int, *, curve: bool = True) -> Split:
    """The same halves for everyone who uses this seed; one checkpoint only without `curve`.

    >>> halve(6, 0)
    Split(learning=array([3, 2, 5]), judging=array([0, 1, 4]), checkpoints=(0, 3))
    """
    shuffled = np.random.default_rng(seed).permutation(recipients)
    learning, judging = shuffled[: recipients // 2], np.sort(shuffled[recipients // 2 :])
    seen = tuple(n for n in CHECKPOINTS if curve and n < len(learning))
    return Split(learning, judging, (*seen, len(learning)))
