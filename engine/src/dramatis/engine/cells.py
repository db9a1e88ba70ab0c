"""One stage of all cells: what its model says, and how single cells stray from it.

Letters: S draws, P personas, C campaigns, J effects. Everything is in canonical order: personas by
id, `CONTROL`, then campaigns by id. So the order of the input changes no bit of the output.
"""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Generator, Tensor

from dramatis.engine import streams
from dramatis.engine.laplace import Log, Logit, Posterior, spread

NEVER: Final = 1e-9
"""The rate of what cannot happen, and the distance that rates keep from 0 and 1."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Responses that were learned from, each [P, C]: trials, and the sum of rates or amounts."""

    trials: Tensor
    total: Tensor


@dataclass(frozen=True, slots=True)
class Rates:
    """Response rates at one stage.

    Attributes:
        columns: [P, C, J] what moves each cell.
        effects: posterior of the J effects.
        counts: the evidence of the cells themselves.
        possible: [C] False where the stage needs a message and none is sent.
    """

    columns: Tensor
    effects: Posterior
    counts: Counts
    possible: Tensor

    @property
    def mean(self) -> Tensor:
        """[P, C] expected rates; logistic-normal means after MacKay (1992)."""
        eta = self.columns @ self.effects.mean
        wide = 1 + torch.pi / 8 * variance(self.columns, self.effects)
        return self._bounded(Logit().mean(eta / wide.sqrt()))

    def structural(self, effects: Tensor, persona: int) -> Tensor:
        """[S, C] what draws of the effects [S, J] say of a persona."""
        return self._bounded(Logit().mean(effects @ self.columns[persona].T))

    def scatter(self, structural: Tensor, rng: Generator) -> Tensor:
        """[S, C] the cells' own rates around structural ones, as if they were never observed."""
        nothing = structural.new_zeros(())
        return self._beta(structural, nothing, nothing, rng)

    def meet(self, structural: Tensor, persona: int, rng: Generator) -> Tensor:
        """[S, C] the same, given what was observed of the cells themselves."""
        trials, total = self.counts.trials[persona], self.counts.total[persona]
        return self._beta(structural, total, (trials - total).clamp(min=0), rng)

    def _beta(self, rate: Tensor, successes: Tensor, failures: Tensor, rng: Generator) -> Tensor:
        worth = strength(rate, self.effects.cell_variance)
        alpha, beta = worth * rate, worth * (1 - rate)
        return self._bounded(streams.beta(alpha + successes, beta + failures, rng))

    def _bounded(self, rate: Tensor) -> Tensor:
        return torch.where(self.possible, rate.clamp(NEVER, 1 - NEVER), NEVER)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Mean amounts of a conversion; the fields are those of `Rates`.

    Attributes:
        dispersion: variance of single amounts over their squared mean.
    """

    columns: Tensor
    effects: Posterior
    counts: Counts
    dispersion: float

    @property
    def mean(self) -> Tensor:
        """[P, C] expected means, lognormal."""
        eta = self.columns @ self.effects.mean
        return Log(1.0).mean(eta + variance(self.columns, self.effects) / 2)

    @property
    def error(self) -> Tensor:
        """[P, C] standard deviation of the means, from effects and from cells' own ways."""
        known = variance(self.columns, self.effects).clamp(max=30.0)
        return self.mean * (torch.expm1(known) + self.effects.cell_variance).sqrt()

    def structural(self, effects: Tensor, persona: int) -> Tensor:
        """[S, C] what draws of the effects [S, J] say of a persona."""
        return Log(1.0).mean(effects @ self.columns[persona].T)

    def scatter(self, structural: Tensor, rng: Generator) -> Tensor:
        """[S, C] the cells' own means around structural ones, as if they were never observed."""
        shape = torch.full_like(structural, 1 / self.effects.cell_variance)
        return structural * streams.gamma(shape, rng) / shape

    def meet(self, structural: Tensor, persona: int, rng: Generator) -> Tensor:
        """[S, C] the same, given what was observed of the cells themselves."""
        count, total = self.counts.trials[persona], self.counts.total[persona]
        strength = self.dispersion / self.effects.cell_variance
        worth = strength + count
        shape = (worth / self.dispersion).expand_as(structural)
        centre = (strength * structural + total) / worth
        return centre * streams.gamma(shape, rng) / shape


def strength(rate: Tensor, cell_variance: float) -> Tensor:
    """Trials that a structural rate is worth: a Beta with the cells' variance on the logit scale.

    >>> round(float(strength(torch.tensor(0.1, dtype=torch.float64), 0.01)), 1)
    1110.1
    """
    return (1 / (cell_variance * rate * (1 - rate)) - 1).clamp(1.0, 1e9)


def variance(columns: Tensor, effects: Posterior) -> Tensor:
    """[P, C] variance of the predictor from not knowing the effects."""
    flat = columns.reshape(-1, columns.shape[-1])
    return spread(flat, effects.precision_root).reshape(columns.shape[:-1])
