"""Edges learned from data, where data suffices: hill climbing on the BIC, by pgmpy.

The Bayesian information criterion of a table is the logarithm of its likelihood less ½ log N for
each free number in it (Schwarz, Estimating the dimension of a model, 1978): an edge has to earn
what it adds.
"""

import warnings
from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from math import log, prod
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats, Indices
from dramatis.persona.domain.network.structure import Node, Structure

MOST_ROWS: Final = 50_000
"""Beyond so many, every second, third, ... is looked at."""

Edge = tuple[str, str]


def learn(
    structure: Structure,
    allowed: Collection[Edge],
    codes: Mapping[str, Indices],
    most_parents: int,
) -> Sequence[Edge]:
    """The edges to add to a structure, each child's most telling first; often none.

    Args:
        structure: its edges all stay.
        allowed: (parent, child) that may be added.
        codes: by node [N] places of states; nodes without are not looked at.
        most_parents: of a node, its gate among them.
    """
    known = {name: each for name, each in codes.items() if name in structure.nodes}
    rows = np.logical_and.reduce([each >= 0 for each in known.values()]) if known else np.array([])
    picked = np.flatnonzero(rows)
    picked = picked[:: len(picked) // MOST_ROWS + 1]
    table = {name: each[picked] for name, each in known.items()}
    worth = [
        edge
        for edge in sorted(allowed)
        if edge not in structure.edges
        and {*edge, *structure.nodes[edge[1]].before} <= table.keys()
        and len(structure.nodes[edge[1]].before) < most_parents
        and _may_pay(structure, edge, table)
    ]
    if not worth:
        return ()
    added = set(_climb(structure, worth, table, most_parents)) - set(structure.edges)
    sizes = {name: len(structure.states(name)) for name in table}
    told = {(a, b): information(table[a], table[b], sizes[a], sizes[b]) for a, b in added}
    return sorted(added, key=lambda edge: (edge[1], -told[edge], edge[0]))


def _may_pay(structure: Structure, edge: Edge, table: Mapping[str, Indices]) -> bool:
    """Whether the edge could ever earn its numbers: by telling all of the child."""
    parent, child = edge
    node = structure.nodes[child]
    n, seen = len(table[child]), [len(np.unique(table[each])) for each in (parent, *node.before)]
    states = len(np.unique(table[child]))
    numbers = (states - 1) * prod(seen[1:]) * (seen[0] - 1)
    own = np.bincount(table[child])
    return 0 < log(max(n, 2)) / 2 * numbers < n * _entropy(own.astype(float))


def information(a: Indices, b: Indices, size_a: int, size_b: int) -> float:
    """Mutual information of two columns of places, nats.

    >>> round(information(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1]), 2, 2), 4)
    0.6931
    """
    both = np.bincount(a * size_b + b, minlength=size_a * size_b).reshape(size_a, size_b)
    sums = (both.sum(axis=1), both.sum(axis=0), both.ravel())
    one, other, together = (_entropy(each.astype(float)) for each in sums)
    return one + other - together


def _entropy(counts: Floats) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _climb(
    structure: Structure, allowed: Sequence[Edge], table: Mapping[str, Indices], most_parents: int
) -> Sequence[Edge]:
    """All edges of the best structure within what is allowed."""
    fixed = [edge for edge in structure.edges if {*edge} <= table.keys()]
    nodes = {name for edge in (*fixed, *allowed) for name in edge}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimators, pandas = import_module("pgmpy.estimators"), import_module("pandas")
        frame = pandas.DataFrame({name: table[name] for name in sorted(nodes)}, dtype="category")
        knowledge = estimators.ExpertKnowledge(
            required_edges=fixed, search_space=[*fixed, *allowed]
        )
        search = estimators.HillClimbSearch(frame)
        found = search.estimate(
            scoring_method="bic-d",
            expert_knowledge=knowledge,
            max_indegree=most_parents,
            show_progress=False,
        )
    return list(found.edges())


def extend(structure: Structure, edges: Sequence[Edge]) -> Sequence[Node]:
    """The nodes with these edges too, after the parents that they had."""
    more: dict[str, tuple[str, ...]] = {}
    for parent, child in edges:
        more[child] = (*more.get(child, ()), parent)
    return [
        Node(node.name, node.states, (*node.parents, *more.get(node.name, ())), node.gate)
        for node in structure.nodes.values()
    ]
