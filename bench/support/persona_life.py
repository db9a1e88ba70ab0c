"""Lives of personas with a known truth: planted kinds, a kind that emerges, a rate that drifts.

R recipients, D columns.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.metrics import adjusted_rand_score

from dramatis.core import membership
from dramatis.core.arrays import Floats, Indices
from dramatis.core.membership import MembershipModel
from dramatis.persona.domain import clusters, drift, emerging, metric

COLUMNS: Final = 8
KINDS: Final = 6
EVERY: Final = 50
"""Newcomers between two looks for a persona that emerges."""


@dataclass(frozen=True, slots=True)
class World:
    """Kinds of recipients as Gaussian clouds of unit spread.

    Attributes:
        centers: [K, D], any two of them `apart` or more from each other.
        shares: [K].
    """

    centers: Floats
    shares: Floats

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Floats, Indices]:
        """[R, D] recipients and [R] of which kind each is."""
        kind = rng.choice(len(self.shares), count, p=self.shares)
        return self.centers[kind] + rng.normal(size=(count, self.centers.shape[1])), kind


def plant(apart: float, rng: np.random.Generator, kinds: int = KINDS) -> World:
    """A world; the two kinds that are closest are `apart` standard deviations from each other."""
    centers = rng.normal(size=(kinds, COLUMNS))
    gaps = np.linalg.norm(centers[:, None] - centers, axis=2) + np.eye(kinds) * 1e9
    return World(centers * apart / gaps.min(), rng.dirichlet(np.full(kinds, 5.0)))


def recovered(apart: float, recipients: int, seed: int) -> float:
    """Adjusted Rand index of closest personas and planted kinds."""
    rng = np.random.default_rng(seed)
    x, kind = plant(apart, rng).draw(recipients, rng)
    return float(adjusted_rand_score(kind, membership.closest(_form(x, KINDS, seed), x)))


def calibration(apart: float, recipients: int, seed: int) -> float:
    """Expected calibration error of the largest membership, ten bins, on recipients not seen."""
    rng = np.random.default_rng(seed)
    world = plant(apart, rng)
    x, kind = world.draw(recipients, rng)
    model = _form(x, KINDS, seed)
    label = _labels(membership.closest(model, x), kind)
    y, truth = world.draw(recipients, rng)
    q = membership.predict(model, y)
    sure, right = q.max(axis=1), label[q.argmax(axis=1)] == truth
    place = np.minimum((sure * 10).astype(int), 9)
    gaps = np.abs(np.bincount(place, sure - right, 10))
    return float(gaps.sum() / len(y))


def _labels(closest: Indices, kind: Indices) -> Indices:
    """[P] the kind of most members."""
    table = np.zeros((closest.max() + 1, kind.max() + 1))
    np.add.at(table, (closest, kind), 1)
    found: Indices = table.argmax(axis=1)
    return found


def announced_after(recipients: int, seed: int, most: int = 2_000) -> int:
    """Newcomers of a new kind until it is announced; `most` where it is not.

    One in five newcomers is of the new kind, which lies 8 standard deviations from the closest.
    """
    rng = np.random.default_rng(seed)
    world = plant(6.0, rng)
    x, _ = world.draw(recipients, rng)
    model = _form(x, KINDS, seed)
    direction = rng.normal(size=COLUMNS)
    center = world.centers[0] + 8 * direction / np.linalg.norm(direction)
    for came in range(EVERY, most + 1, EVERY):
        old, _ = world.draw(4 * EVERY, rng)
        x = np.vstack([x, old, center + rng.normal(size=(EVERY, COLUMNS))])
        if emerging.find(model, x, np.arange(len(x)) >= recipients):
            return came
    return most


def false_births(recipients: int, newcomers: int, seed: int) -> int:
    """Personas announced among newcomers like those before; each starts the count anew."""
    rng = np.random.default_rng(seed)
    world = plant(4.0, rng)
    x, _ = world.draw(recipients, rng)
    model, births = _form(x, KINDS, seed), 0
    known = recipients
    for _ in range(newcomers // 1_000):
        x = np.vstack([x, world.draw(1_000, rng)[0]])
        found = emerging.find(model, x, np.arange(len(x)) >= known)
        if found:
            births += 1
            model, known = _form(x, KINDS, seed), len(x)
    return births


def _form(x: Floats, count: int, seed: int) -> MembershipModel:
    """The personas of recipients of whom no answer is known."""
    found = clusters.fit(x, metric.identity(x), count, seed)
    return MembershipModel((), found.slopes, found.offsets, found.centroids, found.outlier_distance)


def delay(seed: int, before: int = 20_000, most: int = 10_000) -> int:
    """Events after a rate went from 3 to 5 % until it is found; `most` where it is not."""
    rng = np.random.default_rng(seed)
    yes = np.concatenate([rng.random(before) < 0.03, rng.random(most) < 0.05])
    total = np.concatenate([[0], np.cumsum(yes)])
    for n in range(before + 32, before + most + 1, 32):
        if drift.cut(total[: n + 1]) is not None:
            return n - before
    return most


def false_alarms(events: int, seed: int) -> int:
    """Drifts found where there is none, at 3 %; each starts the window anew."""
    total = np.concatenate([[0], np.cumsum(np.random.default_rng(seed).random(events) < 0.03)])
    alarms, begun = 0, 0
    for n in range(64, events + 1, 64):
        if drift.cut(total[begun : n + 1] - total[begun]) is not None:
            alarms, begun = alarms + 1, n
    return alarms
