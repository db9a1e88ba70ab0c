"""What is believed of each node of a tenant's network: what the standing states, and rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.persona.domain.network import learning
from dramatis.persona.domain.network.bayes import Belief, Network, network
from dramatis.persona.domain.network.learning import Edge
from dramatis.persona.domain.network.observed import Observed
from dramatis.persona.domain.network.pooling import Layer, pool
from dramatis.persona.domain.network.rules import Rules, lay
from dramatis.persona.domain.network.stated import Lexicon, Stated
from dramatis.persona.domain.network.structure import YES, Node, Structure, structure
from dramatis.persona.domain.network.tallies import axes, empty


def layout(rules: Rules, lexicon: Lexicon, edges: Sequence[Edge] = ()) -> Structure:
    """The structure of the rules and of learned edges.

    What the campaign determines depends on nothing else, whatever the rules say.
    """
    nodes = learning.extend(lay(rules, lexicon.variables), edges)
    return structure(_settled(node, lexicon.stated.get(node.name)) for node in nodes)


def _settled(node: Node, stated: Stated | None) -> Node:
    if stated and stated.certain and {*stated.parents} <= {*node.parents}:
        return replace(node, parents=stated.parents)
    return node


def thin(layout: Structure, lexicon: Lexicon) -> Sequence[str]:
    """Nodes of which the standing does not say enough: their rows have to be counted."""
    return [
        name
        for name, node in layout.nodes.items()
        if (base := _base(node, lexicon)) is None or base.ndim <= len(node.parents)
    ]


def count(
    layout: Structure, lexicon: Lexicon, seen: Observed, half_life_days: float, day: float
) -> Mapping[str, Floats]:
    """The tables of the `thin` nodes, as they are worth on a day, in days since 1970."""
    names, own = thin(layout, lexicon), lexicon.of_recipients
    tallies = empty(layout, half_life_days, day, names)
    for rows, level in ((seen.recipients, True), (seen.exposures, False)):
        mine = [n for n in names if ({n, *layout.nodes[n].before} <= own) is level]
        tallies = tallies.update(rows, mine)
    return tallies.at(day)


def believe(layout: Structure, lexicon: Lexicon, tables: Mapping[str, Floats]) -> Network:
    """The network of what is stated and of what was counted.

    Args:
        layout: nodes and parents.
        lexicon: what is stated.
        tables: of the `thin` nodes.
    """
    beliefs = {
        name: _belief(node, lexicon, tables.get(name)) for name, node in layout.nodes.items()
    }
    return network(layout, beliefs)


def _belief(node: Node, lexicon: Lexicon, table: Floats | None) -> Belief:
    base, stated = _base(node, lexicon), lexicon.stated.get(node.name)
    if table is not None:
        return Belief(pool(_ordered(node, table), base))
    assert base is not None
    assert stated is not None
    return Belief((Layer(base),), stated.certain)


def _base(node: Node, lexicon: Lexicon) -> Floats | None:
    """[its parents' states, S] what is stated, where those are the node's first parents."""
    if (stated := lexicon.stated.get(node.name)) is None:
        return None
    first = node.parents[: len(stated.parents)]
    if {*first} != {*stated.parents}:
        return None
    order = [stated.parents.index(each) for each in first]
    return np.transpose(stated.counts, [*order, len(order)])


def _ordered(node: Node, table: Floats) -> Floats:
    """[parents in the node's order, S] of a table of tallies, where the gate is open."""
    along = axes(node)
    if node.gate:
        table = np.take(table, YES, axis=along.index(node.gate))
        along = tuple(each for each in along if each != node.gate)
    return np.transpose(table, [along.index(each) for each in (*node.parents, node.name)])
