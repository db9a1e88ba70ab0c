"""One cell of a file as text, number, amount, time or truth, as its mapping says."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from dramatis.cli.backtest.cells import FALSE, MISSING_TEXT, TRUE
from dramatis.cli.bulk.mapping import Cell
from dramatis.core.campaign import MICROS

Cells: TypeAlias = Mapping[str, object]
Read: TypeAlias = Callable[[Cells], str | None]

MOST_MICROS: Final = (1 << 63) - 1
_MONEY_SIGNS: Final = "$€£¥%\u00a0 "
_PLAIN: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")


class Unreadable(Exception):
    """A cell that is not what the mapping says.

    Attributes:
        column: at fault.
        reason: lower_snake_case, counted.
        value: what stands there.
    """

    def __init__(self, column: str, reason: str, value: object = "") -> None:
        super().__init__(reason)
        self.column, self.reason, self.value = column, reason, value


def raw(cells: Cells, column: str) -> object:
    """What stands in a column; "a.b" is the b of the structure a. None where nothing does."""
    if column in cells:
        return cells[column]
    root, dot, rest = column.partition(".")
    inner = cells.get(root) if dot else None
    return raw(inner, rest) if isinstance(inner, Mapping) else None


def text(cells: Cells, cell: Cell) -> str | None:
    """The cell's text, stripped, put into the mapping's words; None where it is empty."""
    if cell.value is not None:
        return cell.value
    found = plain(raw(cells, cell.column), cell.column)
    if found is None:
        return None
    return cell.prefix + cell.words.get(found, found)


def plain(value: object, column: str) -> str | None:
    """Any value as the text that a CSV would have.

    Raises:
        Unreadable: a list, a structure or bytes.

    >>> plain(12583.0, "id"), plain(" a ", "id"), plain("", "id"), plain(True, "id")
    ('12583', 'a', None, 'true')
    """
    match value:
        case str():
            bare = value.strip()
            return None if not bare or bare.casefold() in MISSING_TEXT else bare
        case None:
            return None
        case bool():
            return str(value).lower()
        case float():
            return None if math.isnan(value) else str(int(value) if value.is_integer() else value)
        case int() | Decimal():
            return str(value)
        case date():
            return value.isoformat()
    raise Unreadable(column, "not_a_text", type(value).__name__)


def number(cells: Cells, cell: Cell) -> Decimal | None:
    """A finite number, times another column where the mapping says so.

    Raises:
        Unreadable: it is none.
    """
    found = text(cells, cell)
    if found is None:
        return None
    value = decimal(found, cell.column, cell.decimal)
    if cell.times:
        other = plain(raw(cells, cell.times), cell.times)
        if other is None:
            raise Unreadable(cell.times, "missing")
        value *= decimal(other, cell.times, cell.decimal)
    return abs(value) if cell.unsigned else value


def decimal(found: str, column: str, sign: str = ".") -> Decimal:
    """A number in the writing of its country.

    Raises:
        Unreadable: it is none.

    >>> decimal("$1,234.50", "a"), decimal("1.234,50", "a", ",")
    (Decimal('1234.50'), Decimal('1234.50'))
    """
    bare = found.strip(_MONEY_SIGNS).replace("\u2212", "-").replace("\u00a0", "").replace(" ", "")
    bare = bare.replace("," if sign == "." else ".", "").replace(sign, ".")
    try:
        if not _PLAIN.fullmatch(bare):
            raise Unreadable(column, "not_a_number", found)
        return Decimal(bare)
    except InvalidOperation:
        raise Unreadable(column, "not_a_number", found) from None


def micros(cells: Cells, cell: Cell) -> int | None:
    """A sum of money in millionths, exact, rounded half to even beyond.

    Raises:
        Unreadable: no number, or too large for 64 bits.
    """
    value = number(cells, cell)
    if value is None:
        return None
    if abs(value) > MOST_MICROS // MICROS:
        raise Unreadable(cell.column, "too_large", value)
    return round(value * MICROS)


def moment(cells: Cells, cell: Cell) -> datetime | None:
    """A time in UTC.

    Raises:
        Unreadable: it is none of the mapping's format.
    """
    value = raw(cells, cell.column) if cell.value is None else None
    if isinstance(value, datetime):
        return _in_utc(value, cell.zone)
    found = text(cells, cell)
    if found is None:
        return None
    try:
        return _moment(found, cell.format, cell.zone)
    except (ValueError, OverflowError):
        raise Unreadable(cell.column, "not_a_time", found) from None


@lru_cache(4096)
def _moment(found: str, form: str, zone: str) -> datetime:
    match form:
        case "iso":
            return _in_utc(datetime.fromisoformat(found), zone)
        case "seconds":
            return datetime.fromtimestamp(float(found), UTC)
        case "milliseconds":
            return datetime.fromtimestamp(float(found) / 1_000, UTC)
    return _in_utc(datetime.strptime(found, form), zone)


def _in_utc(time: datetime, zone: str) -> datetime:
    """The time in UTC; of the two that an hour means when clocks go back, the first."""
    return (time if time.tzinfo else time.replace(tzinfo=_zone(zone))).astimezone(UTC)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def truth(cells: Cells, cell: Cell) -> bool | None:
    """Yes or no.

    Raises:
        Unreadable: neither.
    """
    found = text(cells, cell)
    if found is None:
        return None
    folded = found.casefold()
    if folded not in TRUE | FALSE:
        raise Unreadable(cell.column, "not_yes_or_no", found)
    return folded in TRUE


def texts(cells: Cells, cell: Cell) -> list[str]:
    """The items of a list: a real one, or a text with separators."""
    value = raw(cells, cell.column) if cell.value is None else cell.value
    if isinstance(value, list | tuple):
        items = [plain(each, cell.column) for each in value]
    else:
        items = [
            plain(each, cell.column) for each in (text(cells, cell) or "").split(cell.separator)
        ]
    return [cell.prefix + cell.words.get(each, each) for each in items if each]


def rank(cells: Cells, cell: Cell) -> float | None:
    """A place in an order: of the mapping's words, else a number.

    Raises:
        Unreadable: not one of the words, or no number.
    """
    if not cell.order:
        value = number(cells, cell)
        return None if value is None else float(value)
    found = text(cells, cell)
    if found is None:
        return None
    if found not in cell.order:
        raise Unreadable(cell.column, "not_in_the_order", found)
    return float(cell.order.index(found))
