"""Has a rate changed? The windows of ADWIN, compared by likelihood.

A. Bifet and R. Gavalda, Learning from time-changing data with adaptive windowing, 2007: wherever
the window can be cut, the rate before is compared with the rate after, and the level of error is
shared out among the ln(n) cuts that differ. Their bound holds for whatever is within [0, 1]; for
yes and no the ratio of likelihoods (O. Maillard, Sequential change-point detection, 2019) needs
about half the events. Cuts lie at distances from the end that grow by a quarter: as in the
buckets of ADWIN, a change is placed the less precisely the longer ago it was.

The window is all that came since the personas were formed, and is drawn anew from the store each
time: nothing has to be remembered, and nothing depends on how often one looks.
"""

from typing import Final

import numpy as np
from scipy.special import xlogy

from dramatis.core.arrays import Floats, Indices

DELTA: Final = 1e-3
"""Level of error per window; see bench.life for what it comes to."""
GROWTH: Final = 1.25
LEAST: Final = 32
"""Events on each side of a cut."""


def cut(total: Indices, delta: float = DELTA) -> int | None:
    """Where a rate changed; None where it did not.

    Args:
        total: [n + 1] how many of the first 0, 1, ... n events were a yes.
        delta: level of error.

    >>> cut(np.arange(2001) // 2) is None
    True
    >>> cut(np.cumsum([0] + [0, 1] * 500 + [0, 0, 0, 0, 1] * 200))
    1091
    """
    n = len(total) - 1
    if n < 2 * LEAST:
        return None
    last = cuts(n)
    first = n - last
    yes_last, yes = total[n] - total[first], total[n]
    gain = _likelihood(yes - yes_last, first) + _likelihood(yes_last, last) - _likelihood(yes, n)
    best = int(gain.argmax())
    return int(first[best]) if gain[best] > np.log(2 * np.log(n) / delta) else None


def cuts(n: int) -> Indices:
    """Events after each cut that is tried, from `LEAST` to n - `LEAST`, growing by `GROWTH`."""
    count = int(np.log((n - LEAST) / LEAST) / np.log(GROWTH)) + 1
    after: Indices = np.rint(LEAST * GROWTH ** np.arange(count)).astype(np.int64)
    return after


def _likelihood(yes: Floats | Indices, n: Floats | Indices | int) -> Floats:
    """The logarithm of the likelihood of so many yes at their own rate."""
    no = n - yes
    value: Floats = xlogy(yes, yes / n) + xlogy(no, no / n)
    return value
