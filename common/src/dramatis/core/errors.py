"""What can go wrong, by what becomes of it.

    DramatisError
    ├── Invalid        the sender's fault, as written      INVALID_ARGUMENT, or dead letter
    ├── NotFound       no such thing for this tenant       NOT_FOUND
    ├── Conflict       the sender's fault, at this moment  FAILED_PRECONDITION
    ├── Refused        consent or policy says no           PERMISSION_DENIED, or dropped and audited
    ├── Unavailable    try again                           UNAVAILABLE, or retry with back-off
    ├── Exhausted      try again, slower                   RESOURCE_EXHAUSTED
    └── Unimplemented  in the contract, not in this build  UNIMPLEMENTED

One interceptor turns these into a gRPC status, one consumer loop into commit, dead letter or
retry. Nothing else catches them.
"""

from typing import ClassVar


class DramatisError(Exception):
    """An error with a reason for machines and a sentence for people.

    Attributes:
        reason: UPPER_SNAKE_CASE, stable across releases; callers may branch on it.
        message: one sentence, safe to show to the caller: it holds no internals.
        metadata: further facts by name, such as the field's path.
    """

    default_reason: ClassVar[str] = "UNKNOWN"

    def __init__(self, message: str, *, reason: str = "", **metadata: str) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason
        self.metadata = metadata


class Invalid(DramatisError):
    """The request can never succeed as it is written; `field` in metadata says where."""

    default_reason = "INVALID"


class NotFound(DramatisError):
    """No such resource for this tenant; says the same for another tenant's resource."""

    default_reason = "NOT_FOUND"

    def __init__(self, kind: str, resource_id: str) -> None:
        super().__init__(f"no {kind} {resource_id!r}", resource=f"{kind}/{resource_id}")


class Conflict(DramatisError):
    """The request is well formed but the present state does not allow it."""

    default_reason = "FAILED_PRECONDITION"


class Refused(DramatisError):
    """Consent or policy forbids it; trying again does not help."""

    default_reason = "REFUSED"


class Retryable(DramatisError):
    """The same request may succeed after `retry_after_seconds`."""

    def __init__(
        self, message: str, *, retry_after_seconds: float = 1.0, reason: str = "", **metadata: str
    ) -> None:
        super().__init__(message, reason=reason, **metadata)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(Retryable):
    """Something this service needs is not there at the moment."""

    default_reason = "UNAVAILABLE"


class Exhausted(Retryable):
    """A limit or quota is reached."""

    default_reason = "RESOURCE_EXHAUSTED"


class Unimplemented(DramatisError):
    """The contract has this call, this build does not answer it yet."""

    default_reason = "UNIMPLEMENTED"
