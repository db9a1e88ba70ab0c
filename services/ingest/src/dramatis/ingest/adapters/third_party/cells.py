"""Cells of a file as values of attributes."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Final

from dramatis.ingest.domain.third_party import Told, Value

MAX_CATEGORY: Final = 256
YES: Final = frozenset({"true", "yes", "y", "1"})
NO: Final = frozenset({"false", "no", "n", "0"})


def read(kind: str, cell: object) -> Told | None:
    """The value in a cell; None where it is empty.

    Raises:
        ValueError: it is none of this kind.

    >>> read("number", " 4.5 "), read("flag", "yes"), read("rank", "")
    (Told(kind='number', value=4.5), Told(kind='flag', value=True), None)
    """
    if isinstance(cell, str):
        cell = cell.strip()
    return None if cell is None or cell == "" else Told(kind, KINDS[kind](cell))


def _number(cell: object) -> float:
    if isinstance(cell, bool):
        raise ValueError("a flag is no number")
    number = float(str(cell))
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


def _affinity(cell: object) -> float:
    number = _number(cell)
    if not 0 <= number <= 1:
        raise ValueError("not in 0..1")
    return number


def _micros(cell: object) -> int:
    micros = round(_number(cell) * 1_000_000)
    if abs(micros) >= 1 << 63:
        raise ValueError("too much")
    return micros


def _flag(cell: object) -> bool:
    text = str(cell).lower()
    if text not in YES | NO:
        raise ValueError("neither yes nor no")
    return text in YES


def _category(cell: object) -> str:
    text = str(cell)
    text.encode()
    if len(text) > MAX_CATEGORY or "\0" in text:
        raise ValueError("too long, or holds a NUL")
    return text


def _time(cell: object) -> datetime:
    if isinstance(cell, date) and not isinstance(cell, datetime):
        cell = datetime.combine(cell, time())
    moment = cell if isinstance(cell, datetime) else datetime.fromisoformat(str(cell))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


KINDS: Final[Mapping[str, Callable[[object], Value]]] = {
    "number": _number,
    "amount": _micros,
    "rank": _number,
    "flag": _flag,
    "category": _category,
    "time": _time,
    "affinity": _affinity,
}
"""By name; the cell of an amount is in units of its currency."""
