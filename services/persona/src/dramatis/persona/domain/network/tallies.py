"""What was seen, counted: one table for each node and its parents, fading with time.

N rows, S states. A row that is t days old counts 2 ** -(t / half-life). Forward decay (Cormode,
Shkapenyuk, Srivastava and Xu, Forward Decay: A Practical Time Decay Model for Streaming Systems,
ICDE 2009) makes that lazy and free of order: a row enters with 2 ** ((its time - epoch) /
half-life), once and for all, and one factor at reading does the rest.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from dramatis.core.arrays import Floats, Indices
from dramatis.core.errors import Invalid
from dramatis.persona.domain.network.structure import Node, Structure

UNKNOWN: Final = -1
"""Code of a state that is not known: the row has no say where the node matters."""
MOST_DOUBLINGS: Final = 512.0
"""The epoch moves before a row would count more than 2 to this power."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Observations.

    Attributes:
        codes: by node [N] place of the state, or `UNKNOWN`.
        shares: by node [N, S] how likely each state is, where that is all that is known, as with
            membership in personas; a node and its parents may have one such among them.
        weights: [N] >= 0; None: each row counts once.
        days: [N] times in days since 1970; None: all at the epoch.
    """

    codes: Mapping[str, Indices]
    shares: Mapping[str, Floats] = field(default_factory=dict)
    weights: Floats | None = None
    days: Floats | None = None


@dataclass(frozen=True, slots=True)
class Tallies:
    """Counts of a structure.

    Attributes:
        structure: whose.
        tables: by node that is counted, float64: an axis for each parent, by name, then one for
            the node itself.
        half_life_days: after which a row counts half; infinite: it never fades.
        epoch: in days since 1970: a row of this time enters as 1.
    """

    structure: Structure
    tables: Mapping[str, Floats]
    half_life_days: float = float("inf")
    epoch: float = 0.0

    def update(self, rows: Rows, nodes: Collection[str] | None = None) -> "Tallies":
        """With these rows too, in the tables of these nodes, or of all.

        In whatever portions and order rows come, the counts are the same but for rounding.

        Raises:
            Invalid: a code that is no state, or a time or weight that is no number.
        """
        names = self.tables if nodes is None else nodes
        moved, weights = _weigh(self, rows)
        _check(self.structure, rows)
        fresh = {
            name: moved.tables[name] + _count(self.structure, name, rows, weights) for name in names
        }
        return replace(moved, tables={**moved.tables, **fresh})

    def at(self, day: float) -> Mapping[str, Floats]:
        """The tables as they are worth on a day."""
        if np.isinf(self.half_life_days):
            return self.tables
        factor = 2.0 ** ((self.epoch - day) / self.half_life_days)
        return {name: table * factor for name, table in self.tables.items()}


def empty(
    structure: Structure,
    half_life_days: float = float("inf"),
    day: float = 0.0,
    nodes: Collection[str] | None = None,
) -> Tallies:
    """Nothing seen yet of these nodes, or of all; `day` is the first epoch."""
    names = structure.nodes if nodes is None else nodes
    tables = {name: np.zeros(structure.sizes(axes(structure.nodes[name]))) for name in names}
    return Tallies(structure, tables, half_life_days, day)


def axes(node: Node) -> tuple[str, ...]:
    """The axes of a node's table: its parents by name, then itself."""
    return (*sorted(node.before), node.name)


def _weigh(tallies: Tallies, rows: Rows) -> tuple[Tallies, Floats | None]:
    """[N] what each row counts, and the tallies at an epoch under which that is no huge number."""
    if rows.weights is not None and not (rows.weights >= 0).all():
        raise Invalid("a row's weight is 0 or more", field="rows.weights")
    if rows.days is None or np.isinf(tallies.half_life_days) or not len(rows.days):
        return tallies, rows.weights
    if not np.isfinite(rows.days).all():
        raise Invalid("a row's time is not finite", field="rows.days")
    tallies = _move(tallies, float(rows.days.max()))
    fading: Floats = np.exp2((rows.days - tallies.epoch) / tallies.half_life_days)
    return tallies, fading if rows.weights is None else fading * rows.weights


def _move(tallies: Tallies, newest: float) -> Tallies:
    """By whole half-lives: dividing by powers of two rounds nothing."""
    doublings = np.floor((newest - tallies.epoch) / tallies.half_life_days)
    if doublings <= MOST_DOUBLINGS:
        return tallies
    tables = {name: table * 2.0**-doublings for name, table in tallies.tables.items()}
    epoch = tallies.epoch + float(doublings) * tallies.half_life_days
    return replace(tallies, tables=tables, epoch=epoch)


def _check(structure: Structure, rows: Rows) -> None:
    for name, codes in rows.codes.items():
        size = len(structure.states(name)) if name in structure.nodes else 0
        if size and len(codes) and not UNKNOWN <= codes.min() <= codes.max() < size:
            raise Invalid(
                f"rows.{name}: codes are places of its {size} states", field=f"rows.{name}"
            )


def _count(structure: Structure, name: str, rows: Rows, weights: Floats | None) -> Floats:
    """The table of the rows alone, by raveled bincount."""
    along = axes(structure.nodes[name])
    soft = [each for each in along if each in rows.shares]
    hard = [each for each in along if each not in rows.shares]
    codes = [rows.codes[each] for each in hard]
    if any(len(each) and each.min() < 0 for each in codes):
        known = np.logical_and.reduce([each >= 0 for each in codes])
        rows = _keep(rows, known)
        weights = None if weights is None else weights[known]
        codes = [rows.codes[each] for each in hard]
    sizes = structure.sizes(hard)
    if not soft:
        flat = np.bincount(_ravel(codes, sizes), weights, int(np.prod(sizes)))
        table: Floats = flat.astype(float, copy=False).reshape(sizes)
        return table
    (only,) = soft
    table = _spread(rows.shares[only], codes, sizes, weights)
    return np.moveaxis(table, 0, along.index(only))


def _spread(
    shares: Floats, codes: Sequence[Indices], sizes: Sequence[int], weights: Floats | None
) -> Floats:
    """[S, *sizes] sums of the shares of the rows in each cell."""
    n, cells = len(shares), int(np.prod(sizes))
    place = _ravel(codes, sizes) if codes else np.zeros(n, dtype=np.int64)
    ones = np.ones(n) if weights is None else weights
    marks = csr_array((ones, (place, np.arange(n))), shape=(cells, n))
    table: Floats = (marks @ shares).T.reshape(-1, *sizes)
    return table


def _ravel(codes: Sequence[Indices], sizes: Sequence[int]) -> Indices:
    """[N] the place of each row in the table, flattened."""
    place = codes[0]
    for code, size in zip(codes[1:], sizes[1:], strict=True):
        place = place * size + code
    return place


def _keep(rows: Rows, known: np.ndarray) -> Rows:
    codes = {name: each[known] for name, each in rows.codes.items()}
    return Rows(codes, {name: each[known] for name, each in rows.shares.items()})
