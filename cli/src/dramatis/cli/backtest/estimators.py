"""What a policy would have earned, from a randomized half on which it never acted.

With p the known assignment probabilities, pi the policy's, y the value net of the send's cost and
q the outcome model's expectation of it:

    IPS     mean of w y                     with w = pi[arm] / p[arm]
    SNIPS   sum of w y / sum of w
    DR      mean of  sum_a pi[a] q[a]  +  w (y - q[arm])

Dudik, Langford and Li 2011 (DR); Swaminathan and Joachims 2015 (SNIPS). All are per recipient.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dramatis.cli.backtest.arrays import Floats, Indices

RESAMPLES = 1_000
MOST_COUNTS = 2_000_000  # in memory at once


@dataclass(frozen=True)
class Evidence:
    """A randomized half, as the estimators need it.

    Attributes:
        arm: [R] what each recipient got.
        net: [R] value of the response less the cost of the send.
        propensity: [A] probability of each arm.
        expected_net: [R, A] what the outcome model expects `net` to be under each arm.
    """

    arm: Indices
    net: Floats
    propensity: Floats
    expected_net: Floats


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % bootstrap interval."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Value:
    """What one policy would have earned per recipient.

    Attributes:
        dr: doubly robust; the figure to read.
        snips: self-normalised inverse propensity.
        ips: inverse propensity.
        share: of the recipients that the policy sends to, in [0, 1].
    """

    dr: Interval
    snips: Interval
    ips: Interval
    share: float


@dataclass(frozen=True)
class Judged:
    """Values of several policies on the same resamples.

    Attributes:
        values: by policy name.
        resampled_dr: by policy name, [B] doubly robust values of the resamples.
    """

    values: Mapping[str, Value]
    resampled_dr: Mapping[str, Floats]

    def difference(self, name: str, reference: str) -> Interval:
        """What `name` earns more than `reference`, paired over the resamples."""
        gap = self.resampled_dr[name] - self.resampled_dr[reference]
        point = self.values[name].dr.value - self.values[reference].dr.value
        return _interval(point, gap)


def weights(evidence: Evidence, policy: Floats) -> Floats:
    """[R] importance weights of a policy's probabilities [R, A]."""
    rows = np.arange(len(evidence.arm))
    ratio: Floats = policy[rows, evidence.arm] / evidence.propensity[evidence.arm]
    return ratio


def doubly_robust(evidence: Evidence, policy: Floats) -> Floats:
    """[R] terms whose mean is the doubly robust value.

    >>> evidence = Evidence(
    ...     np.array([0, 1]), np.array([1.0, 3.0]), np.array([0.5, 0.5]), np.array([[1.0, 2.0]] * 2)
    ... )
    >>> doubly_robust(evidence, np.array([[0.0, 1.0]] * 2))  # 2 + 0, then 2 + 2 (3 - 2)
    array([2., 4.])
    """
    rows = np.arange(len(evidence.arm))
    surprise = evidence.net - evidence.expected_net[rows, evidence.arm]
    model: Floats = (policy * evidence.expected_net).sum(1)
    return model + weights(evidence, policy) * surprise


def judge(
    evidence: Evidence,
    policies: Mapping[str, Floats],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Judged:
    """Values of all policies [R, A] with intervals from one set of paired resamples."""
    weight = np.stack([weights(evidence, p) for p in policies.values()], axis=1)
    terms = np.stack([doubly_robust(evidence, p) for p in policies.values()], axis=1)
    parts = np.concatenate([terms, weight * evidence.net[:, None], weight], axis=1)
    dr, ips, total = np.split(_resampled_means(parts, resamples, rng), 3, axis=1)
    point_dr, point_ips, point_total = np.split(parts.mean(0), 3)
    values = {
        name: Value(
            _interval(point_dr[k], dr[:, k]),
            _interval(_ratio(point_ips[k], point_total[k]), _ratio(ips[:, k], total[:, k])),
            _interval(point_ips[k], ips[:, k]),
            float(1 - policy[:, 0].mean()),
        )
        for k, (name, policy) in enumerate(policies.items())
    }
    return Judged(values, {name: dr[:, k] for k, name in enumerate(policies)})


def _resampled_means(parts: Floats, resamples: int, rng: np.random.Generator) -> Floats:
    """[B, K] means of the columns of `parts` [R, K] over resamples with replacement."""
    rows = len(parts)
    means = np.empty((resamples, parts.shape[1]))
    chunk = max(1, MOST_COUNTS // rows)
    for begin in range(0, resamples, chunk):
        end = min(begin + chunk, resamples)
        counts = np.stack(
            [np.bincount(rng.integers(0, rows, rows), minlength=rows) for _ in range(begin, end)]
        )
        means[begin:end] = counts.astype(np.float64) @ parts / rows
    return means


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Quotient, 0 where nothing agreed with the policy."""
    some = denominator > 0
    quotient: Floats = np.where(some, numerator / np.where(some, denominator, 1.0), 0.0)
    return quotient


def _interval(point: Floats | float, resampled: Floats) -> Interval:
    lower, upper = np.percentile(resampled, [2.5, 97.5])
    return Interval(float(point), float(lower), float(upper))
