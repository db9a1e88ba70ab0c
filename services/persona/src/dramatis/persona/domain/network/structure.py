"""What a network is made of: nodes with their states, and what each depends on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from math import prod
from typing import Final

from dramatis.core.errors import Invalid

YES_NO: Final = ("no", "yes")
"""States of a response stage."""
NO, YES = range(2)
MOST_CELLS: Final = 1 << 25
"""Of one node's table: states of the node and all its parents."""


@dataclass(frozen=True, slots=True)
class Node:
    """One variable.

    Attributes:
        name: unique in the network.
        states: at least one, each once.
        parents: what it depends on, most telling first: where evidence is thin, the last is the
            first to be dropped.
        gate: a further parent with the states `YES_NO` that it presupposes: where that is no, so
            is this one, for certain. Empty for none.
    """

    name: str
    states: tuple[str, ...]
    parents: tuple[str, ...] = ()
    gate: str = ""

    @property
    def before(self) -> tuple[str, ...]:
        """All parents, the gate last."""
        return (*self.parents, self.gate) if self.gate else self.parents


@dataclass(frozen=True, slots=True)
class Structure:
    """Nodes by name, parents before their children; made by `structure`."""

    nodes: Mapping[str, Node]

    def states(self, name: str) -> tuple[str, ...]:
        """The states of a node."""
        return self.nodes[name].states

    def sizes(self, names: Iterable[str]) -> tuple[int, ...]:
        """How many states each of these nodes has."""
        return tuple(len(self.nodes[name].states) for name in names)

    def ancestors(self, names: Collection[str]) -> frozenset[str]:
        """These nodes and all that they depend on: what else there is has no say in them."""
        found: set[str] = set()
        left = list(names)
        while left:
            if (name := left.pop()) not in found:
                found.add(name)
                left += self.nodes[name].before
        return frozenset(found)

    @property
    def edges(self) -> Sequence[tuple[str, str]]:
        """Every (parent, child)."""
        return [(before, node.name) for node in self.nodes.values() for before in node.before]


def structure(nodes: Iterable[Node]) -> Structure:
    """The structure of these nodes.

    >>> list(structure([Node("b", ("x", "y"), ("a",)), Node("a", ("u", "v"))]).nodes)
    ['a', 'b']

    Raises:
        Invalid: a name or state stands twice, a node has no states or an unknown parent, a gate
            is no yes or no, a table has more than `MOST_CELLS`, or nodes depend on themselves.
    """
    named: dict[str, Node] = {}
    for node in nodes:
        if node.name in named:
            raise _wrong(node.name, "there are two of this name")
        named[node.name] = node
    for node in named.values():
        _check(node, named)
    try:
        order = TopologicalSorter({each.name: each.before for each in named.values()})
        return Structure({name: named[name] for name in order.static_order()})
    except CycleError as error:
        around = error.args[1]
        raise _wrong(around[-1], f"depends on itself: {' -> '.join(around)}") from None


def _check(node: Node, named: Mapping[str, Node]) -> None:
    if not node.states:
        raise _wrong(node.name, "has no states")
    for what, names in (("state", node.states), ("parent", node.before)):
        if len(set(names)) < len(names):
            twice = next(each for each in names if names.count(each) > 1)
            raise _wrong(node.name, f"the {what} {twice[:64]!r} stands twice")
    for parent in node.before:
        if parent not in named:
            raise _wrong(node.name, f"the parent {parent[:64]!r} is no node")
    cells = prod(len(named[each].states) for each in (node.name, *node.before))
    if cells > MOST_CELLS:
        raise _wrong(node.name, f"its table has {cells:.2g} cells, at most {MOST_CELLS}")
    if node.gate and (node.states, named[node.gate].states) != (YES_NO, YES_NO):
        raise _wrong(node.name, f"it and its gate {node.gate!r} must have the states no and yes")


def _wrong(name: str, why: str) -> Invalid:
    where = f"network.{name[:64]}"
    return Invalid(f"{where}: {why}", reason="BAD_NETWORK", field=where)
