"""Where an error comes from, without its own words: they may quote a recipient's data."""

import sys
import traceback
from collections.abc import Iterator

from structlog.typing import EventDict, WrappedLogger


def where(error: BaseException) -> list[str]:
    """The error's type and the places it went through, then those of its causes.

    >>> try:
    ...     raise ValueError("ann@example.org") from KeyError("ann")
    ... except ValueError as error:
    ...     [line for line in where(error) if " " not in line]
    ['ValueError', 'KeyError']
    """
    return [line for each in _chain(error) for line in _lines(each)]


def add_where(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """A processor of structlog: instead of `exc_info` the line says `where`."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else given
    if given and not isinstance(error, BaseException):
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["where"] = where(error)
    return event


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what it was raised from, and all that are in a group; each once."""
    left, seen = [error], set()
    while left:
        each = left.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        left += each.exceptions if isinstance(each, BaseExceptionGroup) else ()
        cause = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
        left += [cause] if cause else []


def _lines(error: BaseException) -> Iterator[str]:
    yield type(error).__name__
    for at in traceback.extract_tb(error.__traceback__):
        yield f"{at.filename}:{at.lineno} {at.name}"
