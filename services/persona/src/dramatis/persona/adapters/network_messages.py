"""Answers of the network as the contract's messages."""

from collections.abc import Iterator, Sequence

import numpy as np

from dramatis.api.persona.v1 import persona_pb2 as pb
from dramatis.persona.app.query import Answered
from dramatis.persona.domain.network.answers import Contribution, Distribution


def answer(answered: Answered) -> pb.QueryResponseResponse:
    """The distributions, each with its likeliest state first."""
    return pb.QueryResponseResponse(
        distributions=[_distribution(each) for each in answered.distributions],
        network_version=answered.version,
    )


def _distribution(found: Distribution) -> pb.NodeDistribution:
    order = np.argsort(-found.probability, kind="stable").tolist()
    return pb.NodeDistribution(
        node=found.node,
        states=[
            pb.StateProbability(
                state=found.states[at],
                probability=found.probability[at],
                lower_90=found.lower[at],
                upper_90=found.upper[at],
            )
            for at in order
        ],
        contributions=[_contribution(each, order) for each in found.contributions],
    )


def _contribution(piece: Contribution, order: Sequence[int]) -> pb.EvidenceContribution:
    return pb.EvidenceContribution(
        node=piece.node,
        state=piece.state,
        distance=piece.distance,
        probabilities_without=piece.without[order].tolist(),
        log_odds_changes=piece.log_odds[order].tolist(),
    )


def parts(text: str, most_bytes: int) -> Iterator[str]:
    r"""Yields the text in parts of whole lines, none longer than that unless one line is.

    >>> list(parts("ab\nc\nd\n", 5))
    ['ab\nc\n', 'd\n']
    """
    held: list[str] = []
    size = 0
    for line in text.splitlines(keepends=True):
        if held and size + len(line.encode()) > most_bytes:
            yield "".join(held)
            held, size = [], 0
        held.append(line)
        size += len(line.encode())
    yield "".join(held)
