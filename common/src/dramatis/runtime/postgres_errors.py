"""What PostgreSQL's failures mean to an operator: each becomes Unavailable with what to do."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError

from dramatis.core.errors import DramatisError, Invalid, Unavailable

_SETTING = "DRAMATIS_POSTGRES_DSN"
_LOST = ("LOST", "the connection is lost", "see that PostgreSQL runs; it is tried again")
_STOPPING = ("RESTARTING", "PostgreSQL starts or stops", "try again")
_CONFLICT = ("BUSY", "another process changed the same rows", "try again")
_LOGIN = ("LOGIN", "PostgreSQL refuses the user or the password", f"check {_SETTING}")
_DENIED = (
    "NO_PERMISSION",
    "PostgreSQL denies access",
    "grant the user CREATE on the database, or make the schema and let the user own it",
)
_IO = ("IO_ERROR", "PostgreSQL's disk failed to read or write", "see PostgreSQL's own log")
_CORRUPT = ("CORRUPT", "the database is damaged", "restore it from a backup")

# SQLSTATE, or its class: reason, what happened, what to do.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_ADVICE = {
    "08": _LOST,
    "57P01": _STOPPING,
    "57P02": _STOPPING,
    "57P03": _STOPPING,
    "57P05": _LOST,
    "25P03": _LOST,
    "53300": (
        "TOO_MANY_CONNECTIONS",
        "PostgreSQL takes no more connections",
        "raise its max_connections, or lower DRAMATIS_POSTGRES_READERS",
    ),
    "53100": ("DISK_FULL", "PostgreSQL's disk is full", "free some space, then try again"),
    "53": ("RESOURCES", "PostgreSQL is out of resources", "see PostgreSQL's own log"),
    "25006": (
        "READ_ONLY",
        "PostgreSQL is read-only",
        f"let {_SETTING} lead to the primary, which can write",
    ),
    "28": _LOGIN,
    "3D000": ("NO_DATABASE", "there is no such database", f"make it, or change {_SETTING}"),
    "42501": _DENIED,
    "40001": _CONFLICT,
    "40P01": _CONFLICT,
    "55P03": ("BUSY", "another process holds a lock", "try again"),
    "57014": ("TIMEOUT", "a statement took too long", "try again, or with less at a time"),
    "58": _IO,
    "XX001": _CORRUPT,
    "XX002": _CORRUPT,
}
_NUL = {"22021", "22P05"}
_CONFLICTS = {"40001", "40P01"}


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turns what the world does to a database into Unavailable; our own mistakes pass unchanged.

    Args:
        name: what an operator knows the store by.

    Raises:
        Invalid: a text holds what PostgreSQL cannot keep: NUL.
        Unavailable: try again; the message says what happened and what to do.
    """
    try:
        yield
    except DramatisError:
        raise
    except Exception as error:
        if state(error) in _NUL:
            raise Invalid("a text holds a NUL character, which cannot be kept") from error
        advice = _advice(error)
        if advice is None:
            raise
        reason, what, todo = advice
        raise Unavailable(f"{name}: {what}; {todo}", reason=reason) from error


def state(error: BaseException) -> str:
    """The SQLSTATE that PostgreSQL gave, if any."""
    cause = getattr(error, "orig", error)
    return getattr(cause, "sqlstate", None) or ""


def is_conflict(error: BaseException) -> bool:
    """Whether the transaction failed for another's sake only and may be run again at once."""
    return state(error) in _CONFLICTS


def is_lost(error: BaseException) -> bool:
    """Whether there is no connection any more, or none that can be trusted."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    advice = _advice(error)
    return advice in {_LOST, _STOPPING} or isinstance(error, TimeoutError)


def _advice(error: BaseException) -> tuple[str, str, str] | None:
    code = state(error)
    if found := _ADVICE.get(code) or _ADVICE.get(code[:2]):
        return found
    cause = getattr(error, "orig", error)
    if isinstance(cause, OSError | asyncio.IncompleteReadError | asyncpg.InterfaceError):
        return _LOST
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return _LOST
    return None
