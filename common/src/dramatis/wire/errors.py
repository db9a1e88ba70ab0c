"""Errors inside answers: what a status and its ErrorInfo say of a whole call, for one item."""

from typing import Final

from dramatis.api.common.v1 import item_pb2 as pb
from dramatis.core import errors

CODES: Final = {
    errors.Invalid: 3,
    errors.NotFound: 5,
    errors.Refused: 7,
    errors.Exhausted: 8,
    errors.Conflict: 9,
    errors.Unimplemented: 12,
    errors.Unavailable: 14,
}
"""Codes of google.rpc.Code."""


def from_error(error: errors.DramatisError) -> pb.Error:
    """The message of an error."""
    return pb.Error(
        code=CODES[type(error)],
        reason=error.reason,
        message=error.message,
        metadata=error.metadata,
    )
