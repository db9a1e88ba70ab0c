"""Sums over products of tables: what every question to a network comes down to.

A factor is a table with a named axis per variable, and any number of leading axes for draws.
Variables are summed out one after the other, next the one whose product of tables is smallest
(greedy minimum weight: Koller and Friedman, Probabilistic Graphical Models, section 9.4.3). Where
a product would still be larger than `MOST_CELLS`, one of its variables is held at each of its
states in turn (cutset conditioning, section 9.5): exact, and never more memory than that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_letters
from typing import Final

import numpy as np

from dramatis.core.arrays import Floats
from dramatis.core.errors import Invalid
from dramatis.persona.domain.network.planning import Plan, Scope, plan

MOST_CELLS: Final = 4_000_000
"""Of a product of tables, all draws together."""
MOST_WORK: Final = 400_000_000
"""Cells that one contraction may touch: beyond, the question is refused."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A table and the names of its last axes."""

    scope: Scope
    table: Floats


def contract(factors: Sequence[Factor], keep: Scope, draws: int = 1) -> Floats:
    """[draws if any, states of keep] the product of the factors, all other variables summed out.

    Args:
        factors: that have every variable of `keep` among them.
        keep: the variables left, in this order.
        draws: how many networks the tables' leading axes hold.

    >>> a, b = np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.2, 0.8]])
    >>> contract([Factor(("a",), a), Factor(("a", "b"), b)], ("b",))
    array([0.55, 0.45])

    Raises:
        Invalid: more than `MOST_WORK` cells would have to be touched for one draw.
    """
    if not factors:
        return np.ones(())
    path = plan_of(factors, keep)
    if path.work > MOST_WORK:
        raise Invalid(
            f"the question touches {path.work:.2g} cells of the network's tables, at most "
            f"{MOST_WORK:.2g} are taken; give more evidence, or fewer parents in the structure",
            reason="NETWORK_TOO_LARGE",
            field="query_nodes",
        )
    return _bounded(factors, keep, path, draws)


def plan_of(factors: Sequence[Factor], keep: Scope) -> Plan:
    """The plan for these factors."""
    sizes: dict[str, int] = {}
    for factor in factors:
        start = factor.table.ndim - len(factor.scope)
        sizes |= zip(factor.scope, factor.table.shape[start:], strict=True)
    return plan(tuple(factor.scope for factor in factors), tuple(sizes.items()), keep)


def _bounded(factors: Sequence[Factor], keep: Scope, path: Plan, draws: int) -> Floats:
    """The contraction; where a product is too large, summed over the states of a variable."""
    free = [each for each in path.widest if each not in keep]
    if path.cells * draws <= MOST_CELLS or not free:
        return _run(path, [factor.table for factor in factors], [f.scope for f in factors], keep)
    held = max(free, key=lambda each: (_size(factors, each), each))
    parts = ([_hold(f, held, at) for f in factors] for at in range(_size(factors, held)))
    total = sum(_bounded(part, keep, plan_of(part, keep), draws) for part in parts)
    return np.asarray(total)


def _size(factors: Sequence[Factor], name: str) -> int:
    holder = next(factor for factor in factors if name in factor.scope)
    return int(holder.table.shape[holder.scope.index(name) - len(holder.scope)])


def _hold(factor: Factor, name: str, state: int) -> Factor:
    if name not in factor.scope:
        return factor
    at = factor.scope.index(name)
    table = np.take(factor.table, state, axis=at - len(factor.scope))
    return Factor((*factor.scope[:at], *factor.scope[at + 1 :]), table)


def _run(path: Plan, tables: list[Floats], scopes: list[Scope], keep: Scope) -> Floats:
    for a, b, result in path.steps:
        letters = _letters(scopes[a] + scopes[b])
        places = sorted({a, b})
        said = ",".join(_axes(scopes[place], letters) for place in places)
        pair = [tables[place] for place in places]
        for place in reversed(places):
            del tables[place], scopes[place]
        tables.append(np.einsum(f"{said}->{_axes(result, letters)}", *pair))
        scopes.append(result)
    letters = _letters(keep)
    said = f"{_axes(scopes[0], letters)}->{_axes(keep, letters)}"
    return np.asarray(np.einsum(said, tables[0]))


def _letters(names: Scope) -> Mapping[str, str]:
    """A letter for each name: einsum knows no others."""
    return dict(zip(dict.fromkeys(names), ascii_letters, strict=False))


def _axes(scope: Scope, letters: Mapping[str, str]) -> str:
    """The axes of a table as einsum takes them: those of draws, then its own."""
    return "..." + "".join(letters[name] for name in scope)
