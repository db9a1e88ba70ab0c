"""What requests have to be before anything is done for them."""

import hashlib
from collections.abc import Iterator
from typing import Any, Final, Protocol

from dramatis.api.common.v1 import recipient_pb2
from dramatis.api.persona.v1 import persona_pb2 as pb
from dramatis.core.attributes import Attributes
from dramatis.core.errors import Invalid
from dramatis.persona.app.recluster import Wish
from dramatis.persona.ports import Request
from dramatis.runtime.log_token import LogToken
from dramatis.wire.recipients import to_attributes

MOST_PERSONAS: Final = 512
MOST_RECIPIENTS: Final = 10_000
LONGEST_ID: Final = 128
MARGIN_SECONDS: Final = 0.25
"""Left of the caller's deadline for the answer that there was not enough of it."""


class _Timed(Protocol):
    def time_remaining(self) -> float | None: ...


def wait_seconds(context: Any, without: float) -> float:
    """How long the caller may be kept waiting; `without` where there is no deadline."""
    timed: _Timed = context
    left = timed.time_remaining()
    return without if left is None else max(left - MARGIN_SECONDS, 0.0)


def wish(tenant: str, message: pb.ReclusterRequest, timeout_seconds: float) -> Wish:
    """What a Recluster asks for.

    Raises:
        Invalid: a field is missing or out of range.
    """
    LogToken.decode(message.min_log_token)
    if not 0 <= message.persona_count <= MOST_PERSONAS:
        raise Invalid(
            f"persona_count is in 0..{MOST_PERSONAS}, got {message.persona_count}",
            field="persona_count",
        )
    if message.seed < 0:
        raise Invalid(f"seed is 0 or more, got {message.seed}", field="seed")
    return Wish(
        request=_identify(tenant, "Recluster", message),
        after=message.min_log_token,
        seed=message.seed,
        count=message.persona_count,
        timeout_seconds=timeout_seconds,
    )


def _identify(tenant: str, method: str, message: pb.ReclusterRequest) -> Request:
    if not message.request_id:
        raise Invalid(
            "request_id is required: a new one for each request, the same when sending again",
            reason="REQUEST_ID_MISSING",
            field="request_id",
        )
    if len(message.request_id) > LONGEST_ID:
        raise Invalid(f"request_id has at most {LONGEST_ID} characters", field="request_id")
    body = message.SerializeToString(deterministic=True)
    digest = hashlib.blake2b(body, digest_size=16).digest()
    return Request(tenant, method, message.request_id, digest)


def recipients(message: pb.AssignPersonaRequest) -> list[tuple[str, Attributes]]:
    """Whom to assign, with the attributes given.

    Raises:
        Invalid: none or too many, one without id, or an impossible attribute.
    """
    if not 1 <= len(message.recipients) <= MOST_RECIPIENTS:
        raise Invalid(
            f"recipients has 1..{MOST_RECIPIENTS} items, got {len(message.recipients)}",
            reason="BATCH_SIZE",
            field="recipients",
        )
    return list(_recipients(message.recipients))


def _recipients(messages: Any) -> Iterator[tuple[str, Attributes]]:
    for at, each in enumerate(messages):
        recipient: recipient_pb2.Recipient = each
        path = f"recipients[{at}]."
        if not 1 <= len(recipient.recipient_id) <= LONGEST_ID:
            raise Invalid(
                f"{path}recipient_id has 1..{LONGEST_ID} characters", field=f"{path}recipient_id"
            )
        yield recipient.recipient_id, to_attributes(recipient.attributes, path)
