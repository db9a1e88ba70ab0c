"""Sums in which everything counts half after each half-life, added up in any order.

A sum of weights w_i at times t_i is kept as the exponent e of its value at time 0:

    2^e = sum of w_i 2^(t_i / h)        value at time t: 2^(e - t/h)

So a late event adds what it would have added in time, no time of the last update is kept, and
nothing overflows: with half-lives of a day or more the relative error of one addition is below
1e-11. Forward decay: Cormode, Shkapenyuk, Srivastava and Xu 2009, "Forward Decay".
"""

import math
from typing import Final

DAY_SECONDS: Final = 86_400.0
Sum = float | None
"""The exponent; None while nothing was added."""


def add(total: Sum, weight: float, time: float, half_life_days: float) -> Sum:
    """The sum with one more weight > 0 at a time in seconds; a weight of 0 changes nothing.

    >>> two = add(add(None, 1.0, 0.0, 10), 1.0, 0.0, 10)
    >>> two
    1.0
    """
    if weight <= 0:
        return total
    one = math.log2(weight) + time / (half_life_days * DAY_SECONDS)
    return one if total is None else plus(total, one)


def plus(one: Sum, other: Sum) -> Sum:
    """Both sums together; they have the same half-life."""
    if one is None or other is None:
        return other if one is None else one
    low, high = (one, other) if one < other else (other, one)
    return high + math.log2(1.0 + math.exp2(low - high))


def value(total: float, time: float, half_life_days: float) -> float:
    """What is left of a sum at a time in seconds.

    >>> value(add(None, 6.0, 0.0, 10), 10 * DAY_SECONDS, 10)
    3.0
    """
    return math.exp2(min(total - time / (half_life_days * DAY_SECONDS), 1023.0))


def ratio(part: Sum, total: float) -> float:
    """One sum over another of the same half-life: the same at any time."""
    return 0.0 if part is None else math.exp2(min(part - total, 1023.0))
