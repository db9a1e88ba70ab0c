"""The posterior of the effects: a Gaussian at the mode, variances by marginal likelihood.

Newton steps on the penalised likelihood alternate with MacKay's fixed point for the variance of
each block (MacKay, Bayesian interpolation, Neural Computation 4, 1992): the sum of squares of its
effects over the number of them that the evidence determines.
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
CLOSE: Final = 1e-4
"""Steps smaller than this, on all cells and in log variance, end the search."""
NARROWEST, WIDEST = 1e-5, 10.0
WEIGHT: Final = 0.01
"""Effects that the first guess of a learned variance is worth."""


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
        scales: standard deviation of the effects in each block.
    """

    mean: Tensor
    precision_root: Tensor
    scales: Mapping[str, float]

    def draw(self, normals: Tensor) -> Tensor:
        """[S, J] effects from standard normals [S, J]."""
        root = self.precision_root.T
        away: Tensor = torch.linalg.solve_triangular(root, normals.T, upper=True)
        return self.mean + away.T


def fit(design: Design, link: Link, trials: Tensor, total: Tensor) -> Posterior:
    """The posterior of the effects given responses.

    Args:
        design: N cells, J effects.
        link: the likelihood.
        trials: [N] recipients that could have responded.
        total: [N] of their responses or amounts.
    """
    mean, variance = design.mean.clone(), design.variance.clone()
    for _ in range(ROUNDS):
        eta = design.columns @ mean
        root = _precision_root(design, link.curvature(eta, trials), variance)
        pull = design.columns.T @ link.slope(eta, trials, total) - (mean - design.mean) / variance
        step = torch.cholesky_solve(pull[:, None], root)[:, 0]
        reach = float((design.columns @ step).abs().max())
        mean = mean + step * min(1.0, LARGEST_STEP / max(reach, 1e-12))
        newer = _variances(design, mean, variance, torch.cholesky_inverse(root).diagonal())
        change = float((newer / variance).log().abs().max())
        variance = newer
        if max(reach, change) < CLOSE:
            break
    root = _precision_root(design, link.curvature(design.columns @ mean, trials), variance)
    scales = {name: float(variance[block.start].sqrt()) for name, block in design.blocks.items()}
    return Posterior(mean, root, scales)


def _precision_root(design: Design, curvature: Tensor, variance: Tensor) -> Tensor:
    information = design.columns.T @ (design.columns * curvature[:, None])
    root: Tensor = torch.linalg.cholesky(information + torch.diag(1 / variance))
    return root


def _variances(design: Design, mean: Tensor, variance: Tensor, uncertain: Tensor) -> Tensor:
    """MacKay's step for the learned blocks; uncertain [J] posterior variances."""
    newer = variance.clone()
    for name in design.learned:
        block = design.blocks[name]
        first = design.variance[block.start]
        known = (1 - uncertain[block] / variance[block]).sum().clamp(min=0)
        spread = (mean[block].square().sum() + WEIGHT * first) / (known + WEIGHT)
        newer[block] = spread.clamp(NARROWEST, WIDEST)
    return newer
