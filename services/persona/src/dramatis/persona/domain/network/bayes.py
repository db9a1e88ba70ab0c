"""A Bayesian network: a structure, and what is believed of the parameters of its nodes."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.errors import Invalid
from dramatis.persona.domain.network.pooling import Layers, mean
from dramatis.persona.domain.network.structure import Structure

Evidence = Mapping[str, str]
"""State of each known node."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of a node given its parents.

    Attributes:
        layers: an axis for each parent but the gate, in the node's order, then S.
        certain: the counts of the only layer are the probabilities themselves.
    """

    layers: Layers
    certain: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """A structure and a belief for each of its nodes; made by `network`.

    Attributes:
        structure: nodes, states, parents.
        beliefs: by node.
        means: by node, the mean probabilities of its belief.
        version: hash of structure and beliefs, 16 hexadecimal digits.
    """

    structure: Structure
    beliefs: Mapping[str, Belief]
    means: Mapping[str, Floats]
    version: str


def network(structure: Structure, beliefs: Mapping[str, Belief]) -> Network:
    """The network of these beliefs.

    Raises:
        ValueError: a belief has not the shape of its node.
    """
    digest = hashlib.sha256()
    for name, node in structure.nodes.items():
        belief, shape = beliefs[name], structure.sizes((*node.parents, name))
        if belief.layers[-1].counts.shape != shape:
            raise ValueError(f"{name} has shape {shape}, got {belief.layers[-1].counts.shape}")
        digest.update(repr((node, belief.certain)).encode())
        for layer in belief.layers:
            for table in (layer.counts, layer.weights):
                digest.update(np.ascontiguousarray(table).tobytes())
    means = {name: mean(beliefs[name].layers) for name in structure.nodes}
    return Network(structure, beliefs, means, digest.hexdigest()[:16])


def check(network: Network, evidence: Evidence, nodes: Sequence[str]) -> None:
    """Raises Invalid where a node or a state is not known; says which there are."""
    known = network.structure.nodes
    for name, state in sorted(evidence.items()):
        where = f"evidence.{name[:64]}"
        _known(name, list(known), where, "node")
        _known(state, known[name].states, where, f"state of {name}")
    for at, name in enumerate(nodes):
        where = f"query_nodes[{at}]"
        _known(name, list(known), where, "node")
        if name in evidence:
            raise Invalid(f"{where}: {name} is given as evidence", field=where)


def _known(name: str, among: Sequence[str], where: str, what: str) -> None:
    if name not in among:
        shown = ", ".join(sorted(among)[:50]) + ", ..." * (len(among) > 50)
        raise Invalid(
            f"{where}: there is no {what} {name[:64]!r}; known: {shown}",
            reason="UNKNOWN_NODE" if what == "node" else "UNKNOWN_STATE",
            field=where,
        )
