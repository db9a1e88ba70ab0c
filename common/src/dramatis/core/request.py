"""A call that changes something, and how it is known when it comes again."""

from dataclasses import dataclass

from dramatis.core.errors import Invalid


@dataclass(frozen=True, slots=True)
class Request:
    """A mutating call; the same id has one effect and gets one answer.

    Attributes:
        tenant: who calls.
        method: name of the call.
        request_id: the caller's, never empty.
        digest: of all that was asked; another one under the same id is a mistake.
    """

    tenant: str
    method: str
    request_id: str
    digest: bytes


def reused() -> Invalid:
    """A request id came again with another body."""
    return Invalid(
        "this request_id was used before for something else: choose a new one for each request",
        reason="REQUEST_ID_REUSED",
        field="request_id",
    )
