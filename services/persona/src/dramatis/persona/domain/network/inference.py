"""Exact inference by the means of what is believed, and the same in networks drawn from it.

N draws, S states of a node. Evidence cuts tables before anything is multiplied or drawn, and only
what the question depends on is looked at: the nodes named, and their ancestors.
"""

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.persona.domain.network.bayes import Evidence, Network
from dramatis.persona.domain.network.contraction import MOST_CELLS, Factor, contract, plan_of
from dramatis.persona.domain.network.pooling import draw, narrow
from dramatis.persona.domain.network.structure import NO, YES, YES_NO, Node, Structure

DRAWS: Final = 200
FEWEST_DRAWS: Final = 30
"""Where more would touch more than `MOST_DRAWN` cells."""
MOST_DRAWN: Final = 40 * MOST_CELLS


def table(network: Network, name: str, evidence: Evidence) -> Factor:
    """Mean probabilities of a node given all its parents, the gate among them.

    Only what the evidence leaves of them: what is known is no axis.
    """
    node = network.structure.nodes[name]
    shares = network.means[name][(*_given(network.structure, node, evidence), slice(None))]
    return _cut(node, shares, network.structure, evidence)


def implied(structure: Structure, evidence: Evidence, asked: Collection[str]) -> Evidence:
    """The evidence, and that what a stage reached presupposes was reached, unless it is asked for.

    >>> nodes = {"open": Node("open", YES_NO), "click": Node("click", YES_NO, (), "open")}
    >>> implied(Structure(nodes), {"click": "yes"}, [])
    {'click': 'yes', 'open': 'yes'}
    """
    known = dict(evidence)
    waiting = [name for name, state in evidence.items() if state == YES_NO[YES]]
    while waiting:
        gate = structure.nodes[waiting.pop()].gate
        if gate and gate not in known and gate not in asked:
            known[gate] = YES_NO[YES]
            waiting.append(gate)
    return known


def joint(network: Network, evidence: Evidence, keep: tuple[str, ...]) -> Floats:
    """[states of keep] probability of these together with the evidence, by the means.

    Args:
        network: asked.
        evidence: state of each known node.
        keep: other nodes; where there are none, it is the probability of the evidence.
    """
    known = implied(network.structure, evidence, keep)
    names = sorted(network.structure.ancestors({*keep, *known}))
    return contract([table(network, name, known) for name in names], keep)


def predict(network: Network, evidence: Evidence, node: str) -> Floats:
    """[S] probabilities of a node's states given the evidence; [0] where that cannot happen."""
    found = joint(network, evidence, (node,))
    total = found.sum()
    result: Floats = found / total if total > 0 else found[:0]
    return result


def draws(
    network: Network, evidence: Evidence, nodes: Sequence[str], rng: np.random.Generator
) -> Sequence[Floats]:
    """For each node [N, S] its probabilities given the evidence, one row per network drawn.

    Rows of draws under which the evidence cannot happen are left out.
    """
    evidence = implied(network.structure, evidence, nodes)
    relevant = [sorted(network.structure.ancestors({node, *evidence})) for node in nodes]
    names = sorted(set().union(*relevant))
    plain = {name: table(network, name, evidence) for name in names}
    plans = [
        plan_of([plain[name] for name in among], (node,))
        for node, among in zip(nodes, relevant, strict=True)
    ]
    own = sum(factor.table.size for factor in plain.values())
    n = int(np.clip(MOST_DRAWN // (own + sum(p.work for p in plans)), FEWEST_DRAWS, DRAWS))
    step = int(np.clip(MOST_CELLS // max(own, *(p.cells for p in plans)), 1, n))
    parts: list[list[Floats]] = [[] for _ in nodes]
    for size in [step] * (n // step) + [n % step] * (n % step > 0):
        drawn = {name: _drawn(network, name, evidence, size, rng) for name in names}
        for at, node in enumerate(nodes):
            factors = [drawn[name] for name in relevant[at]]
            parts[at].append(_normal(contract(factors, (node,), size)))
    return [np.concatenate(each) for each in parts]


def _normal(table: Floats) -> Floats:
    """Rows that sum to one, without those of zeros."""
    total = table.sum(axis=-1)
    rows: Floats = table[total > 0] / total[total > 0, None]
    return rows


def _drawn(
    network: Network, name: str, evidence: Evidence, n: int, rng: np.random.Generator
) -> Factor:
    """A draw of what the evidence leaves of a node's table."""
    belief, node = network.beliefs[name], network.structure.nodes[name]
    if belief.certain:
        factor = table(network, name, evidence)
        return Factor(factor.scope, np.broadcast_to(factor.table, (n, *factor.table.shape)))
    layers = narrow(belief.layers, _given(network.structure, node, evidence))
    return _cut(node, draw(layers, n, rng), network.structure, evidence)


def _given(structure: Structure, node: Node, evidence: Evidence) -> tuple[slice, ...]:
    """The part of each parent's axis that the evidence leaves: all, or one state."""
    places = [
        structure.states(each).index(evidence[each]) if each in evidence else None
        for each in node.parents
    ]
    return tuple(slice(None) if at is None else slice(at, at + 1) for at in places)


def _cut(node: Node, shares: Floats, structure: Structure, evidence: Evidence) -> Factor:
    """[draws if any, what is not known of parents, gate and node] from [.., parents, S]."""
    scope = (*node.parents, node.name)
    if node.gate and evidence.get(node.gate) != YES_NO[YES]:
        closed = np.zeros_like(shares)
        closed[..., NO] = 1.0
        if node.gate in evidence:
            shares = closed
        else:
            shares = np.stack([closed, shares], axis=-2)
            scope = (*node.parents, node.gate, node.name)
    if node.name in evidence:
        at = structure.states(node.name).index(evidence[node.name])
        shares = shares[..., at : at + 1]
    lead = shares.shape[: shares.ndim - len(scope)]
    left = tuple(each for each in scope if each not in evidence)
    return Factor(left, shares.reshape((*lead, *structure.sizes(left))))
