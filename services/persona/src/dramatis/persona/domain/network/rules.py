"""The rules that a tenant's network is laid out by, whatever attributes there are.

Nodes come in families: one persona node, the traits of recipients, one campaign node, the
attributes of stimuli, what is known of the state of the world, the response stages. Rules name
families, or single nodes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from dramatis.persona.domain.network.structure import Node, Structure, structure

PERSONA: Final = "persona"
TRAITS: Final = "traits"
CAMPAIGN: Final = "campaign"
STIMULI: Final = "stimuli"
WORLD: Final = "world"
STAGES: Final = "stages"
FAMILIES: Final = (PERSONA, TRAITS, CAMPAIGN, STIMULI, WORLD, STAGES)
OF_RECIPIENTS: Final = frozenset({PERSONA, TRAITS})
"""Families of which each recipient has one state; of the others each exposure has one."""

Parents = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Rules:
    """How networks are laid out.

    Attributes:
        nodes: parents of a family's nodes or of a single node, which goes before; most telling
            first. A family that is not here has no nodes, but for single ones that are.
        learn: parents that nodes may get where data suffices.
        most_parents: that learning may lead to, the stage before among them.
        least_rows: fewer do not suffice.
        half_life_days: after which a row counts half.
    """

    nodes: Parents
    learn: Parents = field(default_factory=lambda: MappingProxyType({}))
    most_parents: int = 4
    least_rows: int = 2_000
    half_life_days: float = float("inf")


@dataclass(frozen=True, slots=True)
class Variable:
    """What can be a node: its family, its states, and the stage that it presupposes."""

    name: str
    family: str
    states: tuple[str, ...]
    gate: str = ""


def lay(rules: Rules, variables: Sequence[Variable]) -> Structure:
    """The structure of what is known here; parents of which nothing is known are left out.

    Raises:
        Invalid: nodes depend on themselves.
    """
    used = [each for each in variables if _rule(rules.nodes, each) is not None]
    return structure(
        Node(each.name, each.states, _parents(rules.nodes, used, each), each.gate) for each in used
    )


def allowed(rules: Rules, variables: Sequence[Variable]) -> Collection[tuple[str, str]]:
    """The (parent, child) that may be learned."""
    used = [each for each in variables if _rule(rules.nodes, each) is not None]
    return {(parent, each.name) for each in used for parent in _parents(rules.learn, used, each)}


def _rule(parents: Parents, variable: Variable) -> tuple[str, ...] | None:
    return parents.get(variable.name, parents.get(variable.family))


def _parents(parents: Parents, variables: Sequence[Variable], child: Variable) -> tuple[str, ...]:
    """Nodes for the names and families of the rule, in its order, each once, without the gate."""
    found: dict[str, None] = {}
    for name in _rule(parents, child) or ():
        exact = [each.name for each in variables if each.name == name]
        found |= dict.fromkeys(exact or [each.name for each in variables if each.family == name])
    return tuple(each for each in found if each not in (child.name, child.gate))
