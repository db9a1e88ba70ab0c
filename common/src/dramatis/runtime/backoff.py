"""How long to wait before trying again."""

from collections.abc import Iterator

import numpy as np


def delays(
    rng: np.random.Generator, first_seconds: float = 0.05, most_seconds: float = 5.0
) -> Iterator[float]:
    """Yields ever longer waits, each drawn from [half, whole] of a bound that doubles.

    The randomness keeps many that failed together from coming back together.
    """
    bound = first_seconds
    while True:
        yield float(rng.uniform(bound / 2, bound))
        bound = min(2 * bound, most_seconds)
