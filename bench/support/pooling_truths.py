"""Made-up truths of three forms: what every persona really answers to every campaign.

P personas, C campaigns. About 7 % of the cells are never sent, and the sends of the others differ
by orders of magnitude, as they do where most mail goes to the largest personas.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
from scipy.special import expit

from dramatis.core.arrays import Floats

MEAN_TRIALS: Final = 1_170_000 / (64 * 500)
EMPTY: Final = 0.07
GENERAL: Final = -2.5
"""Logit of the general rate, about 7.6 %."""


@dataclass(frozen=True)
class Cells:
    """A truth and what was seen of it, [P, C] each."""

    rates: Floats
    trials: Floats
    successes: Floats


Form: TypeAlias = Callable[[np.random.Generator, int, int], Floats]
"""A form of truth: logits around zero [P, C], for so many personas and campaigns."""


def main_effects(rng: np.random.Generator, personas: int, campaigns: int) -> Floats:
    """Normal main effects, and each cell a little off on its own."""
    effects = rng.normal(0, 0.5, (personas, 1)) + rng.normal(0, 0.7, (1, campaigns))
    return effects + rng.normal(0, 0.25, (personas, campaigns))


def low_rank(rng: np.random.Generator, personas: int, campaigns: int) -> Floats:
    """Main effects, and two tastes that personas have and campaigns meet."""
    tastes = rng.normal(0, 0.55, (personas, 2)) @ rng.normal(0, 0.55, (2, campaigns))
    return tastes + rng.normal(0, 0.5, (personas, 1)) + rng.normal(0, 0.7, (1, campaigns))


def heavy_tails(rng: np.random.Generator, personas: int, campaigns: int) -> Floats:
    """Main effects and cells that now and then are far off: Student's t with 3 degrees."""
    persona, campaign = rng.standard_t(3, (personas, 1)), rng.standard_t(3, (1, campaigns))
    return 0.3 * persona + 0.4 * campaign + 0.15 * rng.standard_t(3, (personas, campaigns))


FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {"main_effects": main_effects, "low_rank": low_rank, "heavy_tails": heavy_tails}
)


def draw(form: Form, seed: int, personas: int, campaigns: int) -> Cells:
    """A truth of this form and the evidence of it."""
    rng = np.random.default_rng(seed)
    rates = expit(GENERAL + form(rng, personas, campaigns))
    shape = (personas, campaigns)
    sends = rng.lognormal(0, 0.7, shape) * rng.lognormal(0, 0.7, (personas, 1))
    trials = rng.poisson(sends * MEAN_TRIALS / np.exp(0.7**2)).astype(float)
    trials[rng.random(shape) < EMPTY] = 0
    return Cells(rates, trials, rng.binomial(trials.astype(int), rates).astype(float))
