"""One cell of text as a number, truth value or date; None where it cannot be read."""

import re
from collections.abc import Sequence
from datetime import date, datetime

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "nil", "?", "-"})
MISSING_TEXT = frozenset({"", "nan", "null"})  # 'None' and 'NA' may be names of categories
TRUE = frozenset({"1", "true", "t", "yes", "y", "1.0"})
FALSE = frozenset({"0", "false", "f", "no", "n", "0.0"})
DATE_FORMATS = ("%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y")

_THOUSANDS = re.compile(r"^-?\d{1,3}(,\d{3})+(\.\d+)?$")
_DECIMAL_COMMA = re.compile(r"^-?\d+,\d+$")
_RANK = re.compile(r"^\s*(-?\d+(?:\.\d+)?)")


def is_missing(text: str) -> bool:
    """Whether the cell says that there is no number."""
    return text.strip().casefold() in MISSING


def number(text: str) -> float | None:
    """A finite number; knows '$1,234.50', '12,5' and '7 %' (the sign is dropped).

    >>> number("$1,234.50"), number("12,5"), number("inf"), number("ten")
    (1234.5, 12.5, None, None)
    """
    bare = text.strip().strip("$€£%\u00a0 ")
    if _THOUSANDS.match(bare):
        bare = bare.replace(",", "")
    elif _DECIMAL_COMMA.match(bare):
        bare = bare.replace(",", ".")
    try:
        value = float(bare)
    except ValueError:
        return None
    return value if value - value == 0 else None


def numbers(column: Sequence[str]) -> list[float | None]:
    """Every cell by `number`, fast where all of them are plain."""
    try:
        values = list(map(float, column))
    except ValueError:
        return [number(cell) for cell in column]
    return [value if value - value == 0 else None for value in values]


def truth(text: str) -> bool | None:
    """Yes or no, in the usual spellings."""
    folded = text.strip().casefold()
    return True if folded in TRUE else False if folded in FALSE else None


def day(text: str) -> date | None:
    """An ISO date or time stamp, or 2024/01/31, 31.01.2024, 01/31/2024."""
    bare = text.strip()
    try:
        return datetime.fromisoformat(bare).date()
    except ValueError:
        pass
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(bare, form).date()
        except ValueError:
            continue
    return None


def word(text: str) -> str | None:
    """The text itself, stripped; None when it is empty."""
    bare = text.strip()
    return None if bare.casefold() in MISSING_TEXT else bare


def natural_order(values: Sequence[str]) -> tuple[str, ...]:
    """Values by the number that each begins with, else by the alphabet.

    >>> natural_order(["10) more", "2) less", "1) none"])
    ('1) none', '2) less', '10) more')
    """
    ranks = {value: _RANK.match(value) for value in values}
    if all(ranks.values()):
        return tuple(sorted(values, key=lambda v: (float(ranks[v][1]), v)))  # type: ignore[index]
    return tuple(sorted(values))
