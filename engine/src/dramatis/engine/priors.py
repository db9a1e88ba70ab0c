"""What the engine believes before anything was observed, and how strongly.

The rates are the orders of magnitude that senders of permission e-mail publish year after year
(a fifth of messages opened, one in fifty clicked, two in a thousand unsubscribed); their error
is wide enough that some hundred real recipients overrule them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dramatis.core.campaign import Stage

RATES: Mapping[Stage, float] = MappingProxyType(
    {
        Stage.DELIVERED: 0.97,
        Stage.OPEN: 0.21,
        Stage.CLICK: 0.02,
        Stage.VISIT: 0.10,
        Stage.CONVERT: 0.01,
        Stage.UNSUBSCRIBE: 0.002,
        Stage.COMPLAIN: 0.0002,
    }
)
"""Share of sends that get as far as each stage."""


@dataclass(frozen=True, slots=True)
class Priors:
    """Means and variances of the response model's effects, on the logit (amounts: log) scale.

    Attributes:
        rates: by stage, as a share of the sends.
        amount: mean amount of a conversion in currency units.
        base: variance of the overall level.
        sent: variance of the effect of sending anything at all.
        campaign: variance between campaigns that is common to all personas.
        amount_effect: variance of these two on amounts, which move less than rates do.
        match_mean: effect on the first stage where a stimulus meets an affinity of 1.
        match: variance of that effect, first stage.
        match_later: the same at later stages and for amounts, around a mean of 0.
        learned: variance of the other effects where evidence says nothing of it.
        cell: the same of single cells around what the model says of cells like them.
        support_limit: largest share of a stimulus' attribute values that may be new to us.
    """

    rates: Mapping[Stage, float] = field(default_factory=lambda: RATES)
    amount: float = 50.0
    base: float = 1.0
    sent: float = 0.5
    campaign: float = 0.25
    amount_effect: float = 0.1
    match_mean: float = 0.1
    match: float = 0.04
    match_later: float = 0.01
    learned: float = 0.1
    cell: float = 0.01
    support_limit: float = 0.5

    def rate(self, stage: Stage, given: Stage | None) -> float:
        """Rate of a stage among those who reached the one before it, within [1e-4, 0.98].

        >>> round(Priors().rate(Stage.CONVERT, Stage.VISIT), 3)
        0.1
        """
        share = self.rates[stage] / (1.0 if given is None else self.rates[given])
        return min(max(share, 1e-4), 0.98)
