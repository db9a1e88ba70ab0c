"""Recipients assigned to personas, beside `KMeans.predict` of scikit-learn on the same columns.

R recipients, P personas, D encoded columns.
"""

import time
import tracemalloc
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.cluster import KMeans

from dramatis.core import membership
from dramatis.core.arrays import Floats
from dramatis.core.membership import CHUNK, MembershipModel

PERSONAS: Final = 64
COLUMNS: Final = 32
CALL: Final = 4_096
"""Recipients of one call for memberships: nobody needs those of all at once."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Processor seconds each, and what assigning holds beside its answer.

    Attributes:
        hard: `membership.closest`.
        soft: `membership.predict`, `CALL` recipients at a time.
        reference: `KMeans.predict`.
        work_bytes: peak of `closest` less its input and its answer.
    """

    hard: float
    soft: float
    reference: float
    work_bytes: int


def measure(recipients: int, rounds: int, seed: int = 0) -> Pace:
    """The best of some rounds, in turns; both assign alike or it raises.

    Raises:
        AssertionError: a recipient was assigned to another persona than scikit-learn's.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(recipients, COLUMNS))
    reference = KMeans(PERSONAS, n_init=1, max_iter=5, random_state=seed).fit(x[:20_000])
    model = _like(reference.cluster_centers_)
    assert (membership.closest(model, x) == reference.predict(x)).mean() > 1 - 1e-6
    parts = [x[at : at + CALL] for at in range(0, recipients, CALL)]
    calls = (
        lambda: membership.closest(model, x),
        lambda: deque((membership.predict(model, part) for part in parts), 0),
        lambda: reference.predict(x),
    )
    turns = [[_seconds(each) for each in calls] for _ in range(rounds)]
    hard, soft, theirs = np.array(turns).min(axis=0)
    return Pace(hard, soft, theirs, _work(model, x))


def _like(centers: Floats) -> MembershipModel:
    """The membership model whose closest persona is the nearest centre."""
    return MembershipModel((), 2 * centers, -(centers**2).sum(axis=1), centers)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _work(model: MembershipModel, x: Floats) -> int:
    some = x[: 16 * CHUNK]
    tracemalloc.start()
    membership.closest(model, some)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - 8 * len(some)
