"""In which order tables are multiplied and summed, so that no product becomes large."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import prod

Scope = tuple[str, ...]
"""Names of a table's axes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An order of elimination.

    Attributes:
        steps: places of two tables and the scope of their product, which comes to the end of the
            list; the two leave it. A table with itself is only summed.
        work: cells of all products together.
        widest: the scope of the largest product.
        cells: of that.
    """

    steps: tuple[tuple[int, int, Scope], ...]
    work: int
    widest: Scope
    cells: int


@lru_cache(maxsize=1024)
def plan(scopes: tuple[Scope, ...], sizes: tuple[tuple[str, int], ...], keep: Scope) -> Plan:
    """The plan that leaves `keep`: next is always the variable whose product is smallest.

    Args:
        scopes: of the tables.
        sizes: states of each variable.
        keep: not summed out.
    """
    desk = _Desk(list(scopes), dict(sizes))
    waiting = {name for scope in scopes for name in scope} - set(keep)
    while waiting:
        name = min(waiting, key=lambda each: (desk.merged(each), each))
        waiting.remove(name)
        desk.eliminate(name)
    while len(desk.left) > 1:
        a, b = sorted(desk.left, key=desk.cells)[:2]
        desk.join(a, b)
    cells = [desk.cells(product) for product in desk.products]
    widest = max(desk.products, key=desk.cells, default=keep)
    return Plan(tuple(desk.steps), sum(cells), widest, max(cells, default=0))


class _Desk:
    """The tables that are left while a plan is made, and the steps so far."""

    def __init__(self, left: list[Scope], size: Mapping[str, int]) -> None:
        self.left = left
        self.size = size
        self.steps: list[tuple[int, int, Scope]] = []
        self.products: list[Scope] = []

    def cells(self, scope: Collection[str]) -> int:
        """Of a table with this scope."""
        return prod(self.size[name] for name in scope)

    def merged(self, name: str) -> int:
        """Cells of the product of all tables with this variable."""
        return self.cells({each for scope in self.left if name in scope for each in scope})

    def eliminate(self, name: str) -> None:
        """Multiplies all tables with this variable, small ones first, and sums it out."""
        among = [scope for scope in self.left if name in scope]
        while len(among) > 1:
            among.sort(key=lambda scope: (self.cells(scope), scope))
            a, b, *others = among
            among = [*others, self.join(a, b, "" if others else name)]
        if name in among[0]:
            self.join(among[0], None, name)

    def join(self, a: Scope, b: Scope | None, without: str = "") -> Scope:
        """Multiplies two tables, or takes one as it is, and sums a variable out."""
        first = self.left.index(a)
        second = first if b is None else self.left.index(b, first + 1 if a == b else 0)
        product = tuple(dict.fromkeys((*a, *(b or ()))))
        result = tuple(each for each in product if each != without)
        for place in sorted({first, second}, reverse=True):
            del self.left[place]
        self.left.append(result)
        self.steps.append((first, second, result))
        self.products.append(product)
        return result
