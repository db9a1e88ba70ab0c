"""Numbers as 16 bit integers: their logarithms on a grid, so that the rounding error is relative.

Step s rounds a logarithm by at most s / 2, and so the number itself by a factor of at most
exp(s / 2). What is beyond the range of the integers is cut off at its end: below 1.6e-28 and above
6.2e27 at the fine step, farther out at the coarse one.
"""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dramatis.core.arrays import Floats

Integers: TypeAlias = NDArray[np.int16]

FINE: Final = 1 / 512
"""Step for what decisions rest on: means are within 0.1 %."""
COARSE: Final = 1 / 16
"""Step for how sure we are: counts and standard errors are within 3.2 %."""
MOST: Final = 2**15 - 1
NOTHING: Final = -(2**15)
"""Stands for the number 0."""


def round_logs(logs: Floats, step: float) -> Integers:
    """The integers of logarithms.

    >>> round_logs(np.array([0.0, 0.1, -1e9]), FINE).tolist()
    [0, 51, -32767]
    """
    steps = np.rint(logs / step)
    np.clip(steps, -MOST, MOST, out=steps)
    return steps.astype(np.int16)


def round_amounts(amounts: Floats, step: float) -> Integers:
    """The integers of amounts >= 0; 0 is `NOTHING`."""
    some = amounts > 0
    logs = np.log(amounts, out=np.zeros_like(amounts), where=some)
    return np.where(some, round_logs(logs, step), np.int16(NOTHING))


def logs(integers: Integers, step: float) -> Floats:
    """What `round_logs` rounded."""
    return integers.astype(np.float64) * step


def amounts(integers: Integers, step: float) -> Floats:
    """What `round_amounts` rounded."""
    found = np.exp(logs(integers, step))
    found[integers == NOTHING] = 0.0
    return found
