"""Fields of JSON that strangers wrote: of the kind that they should be, or an error with the path.

What is missing or null is the kind's empty value; only where it must be there, it is an error.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from dramatis.core.errors import Invalid

Json = Mapping[str, Any]

MAX_TEXT: Final = 4_096
_MICROS: Final = 1_000_000
_MOST_MICROS: Final = (1 << 63) - 1
_MILLISECONDS_FROM: Final = 100_000_000_000
"""As seconds this would be the year 5138: a larger number counts milliseconds."""


def bad(path: str, message: str) -> Invalid:
    """A field that is not what it should be."""
    return Invalid(f"{path}: {message}", reason="INVALID_FIELD", field=path)


def mapping(value: object, path: str) -> Json:
    """An object; empty where there is none."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad(path, "is an object")
    return value


def sequence(value: object, path: str) -> Sequence[Any]:
    """A list; empty where there is none."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise bad(path, "is a list")
    return value


def text(source: Json, name: str, path: str = "") -> str:
    """A text, at most `MAX_TEXT` characters of it; a number counts as its digits."""
    value = source.get(name)
    if value is None:
        return ""
    if type(value) is str and len(value) <= MAX_TEXT and value.isascii():
        return value  # nearly always
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise bad(f"{path}{name}", "is a text")
    return fit(value, f"{path}{name}")


def fit(value: str, path: str) -> str:
    """The text, cut to `MAX_TEXT` characters; lone surrogates are no text."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise bad(path, "holds a lone surrogate, which is no character") from None
    return value[:MAX_TEXT]


def number(source: Json, name: str, path: str = "") -> float | None:
    """A finite number, or the text of one; None where there is none."""
    value = source.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise bad(f"{path}{name}", "is a number")
    try:
        found = float(value)
    except (ValueError, OverflowError):
        raise bad(f"{path}{name}", "is a number") from None
    if not math.isfinite(found):
        raise bad(f"{path}{name}", "is a finite number")
    return found


def micros(source: Json, name: str, path: str = "") -> int | None:
    """A sum of money in millionths of its unit; None where there is none."""
    value = number(source, name, path)
    if value is None:
        return None
    if abs(value) * _MICROS > _MOST_MICROS:
        raise bad(f"{path}{name}", "is larger than any sum of money")
    return round(value * _MICROS)


def moment(value: object, path: str) -> datetime:
    """A point in time: ISO 8601, or a number of seconds or milliseconds from 1970.

    It is UTC where it does not say.

    Raises:
        Invalid: it is none, or nothing.
    """
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1_000 if abs(value) >= _MILLISECONDS_FROM else value
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise bad(path, "is a time such as 2026-05-01T12:00:00.000Z, in the years 1 to 9999")
