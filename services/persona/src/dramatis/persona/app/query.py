"""What-if questions to the network of the newest standing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dramatis.core.errors import Invalid
from dramatis.persona.app.networks import Networks
from dramatis.persona.domain.network import oracle
from dramatis.persona.domain.network.answers import Distribution, answer
from dramatis.persona.domain.network.bayes import Network

MOST_NODES: Final = 8


@dataclass(frozen=True, slots=True)
class Answered:
    """One distribution per node asked for, and the network's version."""

    distributions: Sequence[Distribution]
    version: str


async def query(
    networks: Networks, tenant: str, evidence: Mapping[str, str], nodes: Sequence[str]
) -> Answered:
    """What each node is likely to be.

    Raises:
        Invalid: an unknown node or state, a node that is given, evidence that cannot happen, or a
            question too large for the network.
    """
    if not 1 <= len(nodes) <= MOST_NODES:
        raise Invalid(f"query_nodes has 1..{MOST_NODES} items", field="query_nodes")
    network = await networks.get(tenant)
    return await asyncio.to_thread(_answer, network, evidence, nodes)


def _answer(network: Network, evidence: Mapping[str, str], nodes: Sequence[str]) -> Answered:
    """The draws have a seed of their own: the same question gets the same answer."""
    found = answer(network, evidence, nodes, np.random.default_rng(0))
    return Answered(found, network.version)


async def export(networks: Networks, tenant: str) -> tuple[str, str]:
    """The network as BIF, and its version."""
    network = await networks.get(tenant)
    return await asyncio.to_thread(oracle.bif, network), network.version
