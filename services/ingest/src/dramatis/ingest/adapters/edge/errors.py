"""Errors as JSON: a reason for machines, a sentence for people, the path of the field."""

import secrets
import traceback
from collections.abc import Mapping
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dramatis.core.errors import (
    Conflict,
    DramatisError,
    Exhausted,
    Invalid,
    NotFound,
    Refused,
    Retryable,
    Unavailable,
    Unimplemented,
)
from dramatis.runtime.status import TooLate, Unauthenticated

_logger = structlog.get_logger(__name__)


class TooLarge(Invalid):
    """The body, or what it unpacks to, is larger than this door takes."""

    default_reason = "TOO_LARGE"


class HeadersTooLarge(Invalid):
    """The headers are larger than this door takes."""

    default_reason = "HEADERS_TOO_LARGE"


class Gone(DramatisError):
    """A link that was good once."""

    default_reason = "EXPIRED"


_STATUS: Final[Mapping[type[DramatisError], int]] = {
    TooLarge: 413,
    HeadersTooLarge: 431,
    Gone: 410,
    TooLate: 408,
    Unauthenticated: 401,
    Invalid: 400,
    NotFound: 404,
    Conflict: 409,
    Refused: 403,
    Exhausted: 429,
    Unavailable: 503,
    Unimplemented: 400,  # clients take 501 for a reason to send again
}


def status_of(error: DramatisError) -> int:
    """The HTTP status of an error's fate."""
    for kind in type(error).__mro__:
        if kind in _STATUS:
            return _STATUS[kind]
    return 500


def body_of(error: DramatisError) -> dict[str, Any]:
    """What the sender may know of an error."""
    return {"reason": error.reason, "message": error.message, **error.metadata}


def answer(error: DramatisError) -> Response:
    """The response to a request that failed."""
    headers = {}
    if isinstance(error, Retryable):
        headers["Retry-After"] = str(max(1, round(error.retry_after_seconds)))
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Basic realm="dramatis"'
    return JSONResponse({"error": body_of(error)}, status_of(error), headers)


def refuse(request: Request, error: Exception) -> Response:
    """The response to a request that raised a DramatisError."""
    assert isinstance(error, DramatisError), "registered for no other"
    return answer(error)


def incident(error: Exception) -> Response:
    """The response where the fault is ours.

    Logs where it happened, without the error's own words: they may hold recipient data.
    """
    number = secrets.token_hex(8)
    stack = traceback.extract_tb(error.__traceback__)
    frames = [f"{at.filename}:{at.lineno} {at.name}" for at in stack]
    _logger.error("internal error", incident=number, error=type(error).__name__, frames=frames)
    message = "something went wrong here, not in your request; our log has it under this number"
    return JSONResponse(
        {"error": {"reason": "INTERNAL", "message": message, "incident": number}}, 500
    )
