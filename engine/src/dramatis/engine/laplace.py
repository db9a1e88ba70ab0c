"""The posterior of the effects: a Gaussian at the mode, variances by marginal likelihood.

Newton steps on the penalised likelihood alternate with MacKay's fixed point for the variance of
each block (MacKay, Bayesian interpolation, Neural Computation 4, 1992): the sum of squares of its
effects over the number of them that the evidence determines. Each cell also has an effect of its
own, which is integrated out: it takes weight from cells with many responses and leaves the number
of coefficients as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import torch
from torch import Tensor

from dramatis.engine.design import Design

ROUNDS: Final = 40
LARGEST_STEP: Final = 2.0
"""Of any cell's predictor in one Newton step."""
CLOSE: Final = 1e-3
"""Smaller steps of all cells' predictors and of all standard deviations end the search."""
NARROWEST, WIDEST = 1e-5, 10.0
WEIGHT: Final = 0.01
"""Effects that the first guess of a learned variance is worth."""
SHY: Final = 2.0
"""Effects of size 0 added to interactions that evidence knows: false ones cost more than missed."""


class Link(Protocol):
    """A stage's likelihood: how its mean depends on the predictor."""

    def mean(self, eta: Tensor) -> Tensor:
        """The rate, or the amount."""
        ...

    def slope(self, eta: Tensor, trials: Tensor, total: Tensor) -> Tensor:
        """Derivative of the log-likelihood of each cell."""
        ...

    def curvature(self, eta: Tensor, trials: Tensor) -> Tensor:
        """Expected second derivative, negated, of each cell."""
        ...


@dataclass(frozen=True, slots=True)
class Logit:
    """Binomial responses."""

    def mean(self, eta: Tensor) -> Tensor:
        """See `Link`."""
        return torch.sigmoid(eta)

    def slope(self, eta: Tensor, trials: Tensor, total: Tensor) -> Tensor:
        """See `Link`."""
        return total - trials * self.mean(eta)

    def curvature(self, eta: Tensor, trials: Tensor) -> Tensor:
        """See `Link`."""
        rate = self.mean(eta)
        return trials * rate * (1 - rate)


@dataclass(frozen=True, slots=True)
class Log:
    """Positive amounts, gamma quasi-likelihood; dispersion is variance over squared mean."""

    dispersion: float

    def mean(self, eta: Tensor) -> Tensor:
        """See `Link`."""
        return torch.exp(eta.clamp(-30, 30))

    def slope(self, eta: Tensor, trials: Tensor, total: Tensor) -> Tensor:
        """See `Link`."""
        return (total / self.mean(eta) - trials) / self.dispersion

    def curvature(self, eta: Tensor, trials: Tensor) -> Tensor:
        """See `Link`."""
        return trials / self.dispersion


@dataclass(frozen=True, slots=True)
class Posterior:
    """The effects, as far as they are known.

    Attributes:
        mean: [J].
        precision_root: [J, J] lower Cholesky factor of the inverse covariance.
        cell_variance: of single cells around what the effects say of them.
        scales: standard deviation of the effects in each block.
    """

    mean: Tensor
    precision_root: Tensor
    cell_variance: float
    scales: Mapping[str, float]

    def draw(self, normals: Tensor) -> Tensor:
        """[S, J] effects from standard normals [S, J]."""
        root = self.precision_root.T
        away: Tensor = torch.linalg.solve_triangular(root, normals.T, upper=True)
        return self.mean + away.T


def fit(
    design: Design, link: Link, trials: Tensor, total: Tensor, cell_variance: float
) -> Posterior:
    """The posterior of the effects given responses.

    Args:
        design: N cells, J effects.
        link: the likelihood.
        trials: [N] recipients that could have responded.
        total: [N] of their responses or amounts.
        cell_variance: first guess of the variance of single cells.
    """
    mean, variance, cell = design.mean.clone(), design.variance.clone(), cell_variance
    for _ in range(ROUNDS):
        eta = design.columns @ mean
        weight, slope = link.curvature(eta, trials), link.slope(eta, trials, total)
        own = 1 / (1 + cell * weight)
        root = _precision_root(design, weight * own, variance)
        pull = design.columns.T @ (slope * own) - (mean - design.mean) / variance
        step = torch.cholesky_solve(pull[:, None], root)[:, 0]
        reach = float((design.columns @ step).abs().max())
        mean = mean + step * min(1.0, LARGEST_STEP / max(reach, 1e-12))
        newer = _variances(design, mean, variance, torch.cholesky_inverse(root).diagonal())
        unsure = spread(design.columns, root)
        wider = _cell_variance(cell, weight, slope, unsure, cell_variance)
        change = max(
            float((newer.sqrt() - variance.sqrt()).abs().max()), abs(wider**0.5 - cell**0.5)
        )
        variance, cell = newer, wider
        if max(reach, change) < CLOSE:
            break
    weight = link.curvature(design.columns @ mean, trials)
    root = _precision_root(design, weight / (1 + cell * weight), variance)
    scales = {name: float(variance[block.start].sqrt()) for name, block in design.blocks.items()}
    return Posterior(mean, root, cell, scales)


def spread(columns: Tensor, precision_root: Tensor) -> Tensor:
    """[N] variance of the predictors [N, J] from not knowing the effects."""
    half: Tensor = torch.linalg.solve_triangular(precision_root, columns.T, upper=False)
    return half.square().sum(dim=0)


def _precision_root(design: Design, curvature: Tensor, variance: Tensor) -> Tensor:
    information = design.columns.T @ (design.columns * curvature[:, None])
    root: Tensor = torch.linalg.cholesky(information + torch.diag(1 / variance))
    return root


def _variances(design: Design, mean: Tensor, variance: Tensor, unsure: Tensor) -> Tensor:
    """MacKay's step for the learned blocks; unsure [J] posterior variances."""
    newer = variance.clone()
    for name in design.learned:
        block = design.blocks[name]
        first = design.variance[block.start]
        known = (1 - unsure[block] / variance[block]).sum().clamp(min=0)
        shy = SHY if name in design.interactions else 0.0
        worth = known + WEIGHT + shy * known.clamp(max=1)
        found = (mean[block].square().sum() + WEIGHT * first) / worth
        newer[block] = found.clamp(NARROWEST, WIDEST)
    return newer


def _cell_variance(
    cell: float, weight: Tensor, slope: Tensor, unsure: Tensor, first: float
) -> float:
    """MacKay's step for the cells' own effects.

    Args:
        cell: their variance so far.
        weight, slope: [N] curvature and derivative of the likelihood.
        unsure: [N] variance of the predictors.
        first: guess before any evidence.
    """
    gain = cell * weight / (1 + cell * weight)
    size = cell * slope / (1 + cell * weight)
    left = cell * (1 - gain) + gain.square() * unsure
    known = (1 - left / cell).sum().clamp(min=0)
    found = (size.square().sum() + WEIGHT * first) / (known + WEIGHT)
    return float(found.clamp(NARROWEST, WIDEST))
