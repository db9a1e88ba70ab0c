"""What a caller sees of an error: google.rpc.Status with exactly one ErrorInfo (AIP-193)."""

from typing import Any, Final, TypeVar, cast

import grpc
from google.protobuf import any_pb2
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

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

M = TypeVar("M", ErrorInfo, RetryInfo)

DOMAIN: Final = "dramatis"
DETAILS_KEY: Final = "grpc-status-details-bin"


class Unauthenticated(DramatisError):
    """We do not know who is calling."""

    default_reason = "UNAUTHENTICATED"


class TooLate(DramatisError):
    """The caller's deadline has passed; nobody waits for the answer."""

    default_reason = "DEADLINE_EXCEEDED"


_CODES: Final = {
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    TooLate: grpc.StatusCode.DEADLINE_EXCEEDED,
    Invalid: grpc.StatusCode.INVALID_ARGUMENT,
    NotFound: grpc.StatusCode.NOT_FOUND,
    Conflict: grpc.StatusCode.FAILED_PRECONDITION,
    Refused: grpc.StatusCode.PERMISSION_DENIED,
    Unavailable: grpc.StatusCode.UNAVAILABLE,
    Exhausted: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Unimplemented: grpc.StatusCode.UNIMPLEMENTED,
}
BY_NUMBER: Final = {each.value[0]: each for each in grpc.StatusCode}


def code(error: DramatisError) -> grpc.StatusCode:
    """The gRPC code of an error's fate."""
    for kind in type(error).__mro__:
        if kind in _CODES:
            return _CODES[kind]
    return grpc.StatusCode.INTERNAL


def code_of(status: Status) -> grpc.StatusCode:
    """The gRPC code in a status."""
    return BY_NUMBER[status.code]


def of(error: DramatisError) -> Status:
    """The status of an error: its sentence, one ErrorInfo, and RetryInfo where it says when."""
    return build(
        code(error),
        error.message,
        error.reason,
        error.metadata,
        error.retry_after_seconds if isinstance(error, Retryable) else None,
    )


def build(
    status_code: grpc.StatusCode,
    message: str,
    reason: str,
    metadata: dict[str, str],
    retry_after_seconds: float | None = None,
) -> Status:
    """A status from its parts."""
    info = ErrorInfo(reason=reason, domain=DOMAIN, metadata=metadata)
    packed = []
    for detail in (info, *_retry(retry_after_seconds)):
        packed.append(any_pb2.Any())
        packed[-1].Pack(detail)
    number: int = status_code.value[0]
    return Status(code=number, message=message, details=packed)


def _retry(seconds: float | None) -> list[RetryInfo]:
    if seconds is None:
        return []
    delay = Duration()
    delay.FromNanoseconds(round(seconds * 1e9))
    return [RetryInfo(retry_delay=delay)]


def error_info(error: grpc.RpcError) -> ErrorInfo | None:
    """The ErrorInfo that a failed call carries, for clients and tests."""
    return _detail(error, ErrorInfo())


def retry_info(error: grpc.RpcError) -> RetryInfo | None:
    """The RetryInfo that a failed call carries, for clients and tests."""
    return _detail(error, RetryInfo())


def _detail(error: grpc.RpcError, into: M) -> M | None:
    trailers: dict[str, Any] = dict(cast("Any", error).trailing_metadata() or ())
    status = Status.FromString(trailers.get(DETAILS_KEY, b""))
    for detail in status.details:
        if detail.Unpack(into):
            return into
    return None
