"""Errors as callers may see them. Internals stay in the log, under an incident's number."""

import secrets
from typing import NoReturn

import grpc
import structlog
from google.rpc.status_pb2 import Status

from dramatis.core.errors import DramatisError
from dramatis.runtime import status, traces
from dramatis.runtime.interceptors.call import Call

_logger = structlog.get_logger(__name__)


async def refuse(call: Call, error: Exception) -> NoReturn:
    """Ends the call with what the caller may know of the error.

    Raises:
        AbortError: always; it is how grpc.aio ends a call.
    """
    if isinstance(error, grpc.aio.AbortError):
        raise error
    shown = status.of(error) if isinstance(error, DramatisError) else _incident(call, error)
    await call.context.abort(
        status.code_of(shown),
        shown.message,
        ((status.DETAILS_KEY, shown.SerializeToString()),),
    )


def _incident(call: Call, error: Exception) -> Status:
    """Logs where it happened, without the error's own words: they may hold recipient data."""
    number = secrets.token_hex(8)
    method = f"{call.method.service}/{call.method.name}"
    _logger.error("internal error", incident=number, method=method, where=traces.where(error))
    return status.build(
        grpc.StatusCode.INTERNAL,
        f"something went wrong here, not in your request; our log has it as incident {number}",
        "INTERNAL",
        {"incident": number},
    )
