"""Cells of a file as attributes."""

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, Final

from dramatis.cli.bulk import cells
from dramatis.cli.bulk.cells import Cells, Unreadable
from dramatis.cli.bulk.mapping import Cell


def fill(attributes: MutableMapping[str, Any], name: str, row: Cells, cell: Cell) -> None:
    """Puts a cell into attributes under a name; leaves it out where it is empty.

    Raises:
        Unreadable: the cell is not what the mapping says.
    """
    value = _READERS[cell.type](row, cell)
    if value is None:
        return
    attribute = attributes[name]
    if cell.type == "time":
        attribute.time.FromDatetime(value)
    else:
        setattr(attribute, "amount_micros" if cell.type == "amount" else cell.type, value)


def _number(row: Cells, cell: Cell) -> float | None:
    value = cells.number(row, cell)
    return None if value is None else float(value)


def _affinity(row: Cells, cell: Cell) -> float | None:
    found = cells.text(row, cell)
    if found is None:
        return None
    try:
        value = float(cells.decimal(found, cell.column, cell.decimal))
    except Unreadable:
        return float(bool(cells.truth(row, cell)))
    if not 0 <= value <= 1:
        raise Unreadable(cell.column, "not_in_0_to_1", found)
    return value


_READERS: Final[Mapping[str, Callable[[Cells, Cell], Any]]] = {
    "number": _number,
    "amount": cells.micros,
    "rank": cells.rank,
    "flag": cells.truth,
    "category": cells.text,
    "time": cells.moment,
    "affinity": _affinity,
}
