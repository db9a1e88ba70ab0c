"""How far single cells stray from what the model says of cells like them.

A structural rate f is worth m trials: the cell's own rate is Beta(m f, m (1 - f)). m is the mode of
its posterior: beta-binomial (amounts: normal) likelihood of all cells, lognormal prior.
"""

from typing import Final

import torch
from torch import Tensor

from dramatis.engine.priors import Priors

CANDIDATES: Final = (5.0, 1e6, 60)
"""First, last and number of the values of m that are compared."""


def learn(rates: Tensor, trials: Tensor, successes: Tensor, priors: Priors) -> float:
    """Trials that a structural rate is worth.

    Args:
        rates: [N] structural rates of the cells, in (0, 1).
        trials, successes: [N] the evidence.
        priors: hold the prior of m.
    """
    m = _candidates(rates)[:, None]
    alpha, beta = m * rates, m * (1 - rates)
    failures = (trials - successes).clamp(min=0)
    likelihood = _log_beta(alpha + successes, beta + failures) - _log_beta(alpha, beta)
    return _best(m[:, 0], likelihood.sum(dim=1), priors)


def learn_amount(
    means: Tensor, count: Tensor, total: Tensor, dispersion: float, priors: Priors
) -> float:
    """Conversions that a structural mean amount is worth.

    Args:
        means: [N] structural means, > 0.
        count, total: [N] conversions and the sum of their amounts.
        dispersion: variance of single amounts over their squared mean.
        priors: hold the prior of m.
    """
    m = _candidates(means)
    seen = count > 0.5
    off = (total[seen] / count[seen] / means[seen] - 1) ** 2
    variance = dispersion * (1 / count[seen] + 1 / m[:, None])
    return _best(m, -0.5 * (variance.log() + off / variance).sum(dim=1), priors)


def _candidates(like: Tensor) -> Tensor:
    first, last, count = CANDIDATES
    low, high = torch.tensor([first, last], dtype=like.dtype).log().tolist()
    return torch.linspace(low, high, count, dtype=like.dtype, device=like.device).exp()


def _best(m: Tensor, likelihood: Tensor, priors: Priors) -> float:
    prior = -0.5 * ((m / priors.strength).log() / priors.strength_log_error) ** 2
    return float(m[(likelihood + prior).argmax()])


def _log_beta(alpha: Tensor, beta: Tensor) -> Tensor:
    return torch.lgamma(alpha) + torch.lgamma(beta) - torch.lgamma(alpha + beta)
