"""What every mutating call has to be before anything is done for it, and how long it may wait."""

import hashlib
from typing import Any, Final, Protocol

from dramatis.core.errors import Invalid
from dramatis.core.request import Request
from dramatis.runtime.identity import current_tenant

LONGEST_ID: Final = 128
MARGIN_SECONDS: Final = 0.25
"""Left of a caller's deadline for the answer that there was not enough of it."""


class _Mutating(Protocol):
    request_id: str

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802


class _Timed(Protocol):
    def time_remaining(self) -> float | None: ...


def identify(method: str, message: _Mutating) -> Request:
    """The caller's request, by tenant, method and id.

    Raises:
        Invalid: there is no id, or none that can be.
    """
    if not message.request_id:
        raise Invalid(
            "request_id is required: a new one for each request, the same when sending again",
            reason="REQUEST_ID_MISSING",
            field="request_id",
        )
    check_id(message.request_id, "request_id")
    body = message.SerializeToString(deterministic=True)
    digest = hashlib.blake2b(body, digest_size=16).digest()
    return Request(current_tenant(), method, message.request_id, digest)


def patience(context: Any, without_seconds: float) -> float:
    """How many seconds a call may wait, by its deadline; `without_seconds` where it has none."""
    timed: _Timed = context
    left = timed.time_remaining()
    return without_seconds if left is None else max(left - MARGIN_SECONDS, 0.0)


def check_id(text: str, field: str) -> None:
    """Lets pass what may be an id.

    Raises:
        Invalid: it is empty or too long, or has a NUL, which no database can hold.
    """
    if not 1 <= len(text) <= LONGEST_ID or "\0" in text:
        raise Invalid(f"{field} has 1..{LONGEST_ID} characters, none of them NUL", field=field)


def required(text: str, field: str) -> str:
    """The id that a caller asks for.

    Raises:
        Invalid: it is empty, or has a NUL.
    """
    if not text or "\0" in text:
        raise Invalid(f"{field} is required, without NUL", field=field)
    return text
