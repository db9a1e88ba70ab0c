"""What-if questions to the network of the newest standing."""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.campaign import Campaign
from dramatis.core.errors import Invalid
from dramatis.persona.app.world import World
from dramatis.persona.domain import exact, intervals
from dramatis.persona.domain.network import Network, build, check
from dramatis.persona.domain.standing import Standing

MOST_NODES: Final = 8
KEPT: Final = 4
"""Compiled networks that are kept: compiling takes longer than asking."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """A node's states [S] with probabilities and 90 % intervals [S] each."""

    node: str
    states: tuple[str, ...]
    probability: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True, slots=True)
class Answered:
    """One distribution per node asked for, and the network's version."""

    distributions: Sequence[Distribution]
    version: str


class Engines:
    """Compiled networks by version; asked from worker threads, one question at a time."""

    def __init__(self) -> None:
        self._engines: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def query(self, network: Network, evidence: Mapping[str, str], node: str) -> Floats:
        """[S] exact probabilities of the node's states."""
        version = network.version
        with self._lock:
            if version not in self._engines:
                self._engines[version] = exact.compile_network(network)
            self._engines.move_to_end(version)
            while len(self._engines) > KEPT:
                self._engines.popitem(last=False)
            return exact.query(self._engines[version], network, evidence, node)


async def query(
    world: World,
    engines: Engines,
    tenant: str,
    evidence: Mapping[str, str],
    nodes: Sequence[str],
) -> Answered:
    """What each node is likely to be.

    Raises:
        Invalid: an unknown node or state, a node that is given, or evidence that cannot happen.
    """
    if not 1 <= len(nodes) <= MOST_NODES:
        raise Invalid(f"query_nodes has 1..{MOST_NODES} items", field="query_nodes")
    standing, campaigns = world.board.get(tenant), await world.store.campaigns(tenant)
    return await asyncio.to_thread(_answer, engines, standing, campaigns, evidence, nodes)


def _answer(
    engines: Engines, standing: Standing, campaigns: Sequence[Campaign],
    evidence: Mapping[str, str], nodes: Sequence[str],
) -> Answered:  # fmt: skip
    network = build(standing, campaigns)
    check(network, evidence, nodes)
    if not len(intervals.mean(network, evidence, nodes[0])):
        raise Invalid(
            "this evidence cannot happen: its probability is zero",
            reason="IMPOSSIBLE_EVIDENCE",
            field="evidence",
        )
    found = [_distribution(engines, network, evidence, node) for node in nodes]
    return Answered(found, network.version)


def _distribution(
    engines: Engines, network: Network, evidence: Mapping[str, str], node: str
) -> Distribution:
    """The draws have a seed of their own: the same question gets the same answer."""
    draws = intervals.draw(network, evidence, node, np.random.default_rng(0))
    probability = engines.query(network, evidence, node)
    lower, upper = np.quantile(draws, [0.05, 0.95], axis=0)
    lower, upper = np.minimum(lower, probability), np.maximum(upper, probability)
    return Distribution(node, network.states[node], probability, lower, upper)
