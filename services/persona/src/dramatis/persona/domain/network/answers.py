"""What a network says to a question, how sure it is, and which evidence says so.

S states of a node.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.errors import Invalid
from dramatis.persona.domain.network.bayes import Evidence, Network, check
from dramatis.persona.domain.network.inference import draws, joint, predict

SURE: Final = 1e-12
"""Probabilities count as no nearer to 0 and 1 than this where their odds are asked for."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one piece of evidence does to a distribution.

    Attributes:
        node, state: the piece.
        without: [S] the distribution if this piece were not known, and all others were.
        log_odds: [S] how much it raises the logarithm of each state's odds, nats.
        distance: total variation between with and without, [0, 1].
    """

    node: str
    state: str
    without: Floats
    log_odds: Floats
    distance: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """A node's states [S] with probabilities and 90 % intervals, and what evidence did to them."""

    node: str
    states: tuple[str, ...]
    probability: Floats
    lower: Floats
    upper: Floats
    contributions: Sequence[Contribution]


def answer(
    network: Network, evidence: Evidence, nodes: Sequence[str], rng: np.random.Generator
) -> Sequence[Distribution]:
    """One distribution for each node.

    Raises:
        Invalid: an unknown node or state, a node that is given, evidence that cannot happen, or a
            question too large for this network.
    """
    check(network, evidence, nodes)
    if not joint(network, evidence, ()) > 0:
        raise _impossible(network, evidence)
    drawn = draws(network, evidence, nodes, rng)
    return [
        _distribution(network, evidence, node, each)
        for node, each in zip(nodes, drawn, strict=True)
    ]


def _distribution(network: Network, evidence: Evidence, node: str, drawn: Floats) -> Distribution:
    probability = predict(network, evidence, node)
    lower, upper = np.quantile(drawn, [0.05, 0.95], axis=0)
    found = [_contribution(network, evidence, node, name, probability) for name in evidence]
    return Distribution(
        node=node,
        states=network.structure.states(node),
        probability=probability,
        lower=np.minimum(lower, probability),
        upper=np.maximum(upper, probability),
        contributions=sorted(found, key=lambda each: (-each.distance, each.node)),
    )


def _contribution(
    network: Network, evidence: Evidence, node: str, name: str, probability: Floats
) -> Contribution:
    without = predict(network, _less(evidence, name), node)
    return Contribution(
        node=name,
        state=evidence[name],
        without=without,
        log_odds=_log_odds(probability) - _log_odds(without),
        distance=float(np.abs(probability - without).sum() / 2),
    )


def _log_odds(probability: Floats) -> Floats:
    held = np.clip(probability, SURE, 1 - SURE)
    odds: Floats = np.log(held) - np.log1p(-held)
    return odds


def _less(evidence: Evidence, name: str) -> Evidence:
    return {node: state for node, state in evidence.items() if node != name}


def _impossible(network: Network, evidence: Evidence) -> Invalid:
    """Names the pieces without any one of which the rest could happen."""
    doubtful = [name for name in sorted(evidence) if joint(network, _less(evidence, name), ()) > 0]
    pieces = ", ".join(f"{name}={evidence[name]}"[:130] for name in doubtful)
    hint = f"; it could without any one of {pieces}" if len(doubtful) > 1 else ""
    return Invalid(
        f"this evidence cannot happen: its probability is zero{hint}",
        reason="IMPOSSIBLE_EVIDENCE",
        field=f"evidence.{doubtful[0][:64]}" if len(doubtful) == 1 else "evidence",
    )
