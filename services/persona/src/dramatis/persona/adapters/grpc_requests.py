"""What requests have to be before anything is done for them."""

from collections.abc import Iterator
from typing import Any, Final

from dramatis.api.common.v1 import recipient_pb2
from dramatis.api.persona.v1 import persona_pb2 as pb
from dramatis.core.attributes import Attributes
from dramatis.core.errors import Invalid
from dramatis.persona.adapters.signal_message import to_signal
from dramatis.persona.app.recluster import Wish
from dramatis.persona.domain.signals import Signal
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.requests import check_id, identify
from dramatis.wire.recipients import to_attributes

MOST_PERSONAS: Final = 512
MOST_RECIPIENTS: Final = 10_000
MOST_FEATURES: Final = 1_000
"""Recipients whose features are got at once."""


def wish(message: pb.ReclusterRequest, timeout_seconds: float) -> Wish:
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
        request=identify("Recluster", message),
        after=message.min_log_token,
        seed=message.seed,
        count=message.persona_count,
        timeout_seconds=timeout_seconds,
    )


def recipient_ids(message: pb.GetFeaturesRequest) -> list[str]:
    """Whose features to get.

    Raises:
        Invalid: none or too many, or one that is no id.
    """
    if not 1 <= len(message.recipient_ids) <= MOST_FEATURES:
        raise Invalid(
            f"recipient_ids has 1..{MOST_FEATURES} items, got {len(message.recipient_ids)}",
            reason="BATCH_SIZE",
            field="recipient_ids",
        )
    for at, each in enumerate(message.recipient_ids):
        check_id(each, f"recipient_ids[{at}]")
    return list(message.recipient_ids)


def signal(message: pb.RehearseSignalRequest) -> Signal:
    """The signal to rehearse.

    Raises:
        Invalid: a field is missing or out of range, or it takes another back.
    """
    told = message.signal
    check_id(told.signal_id, "signal.signal_id")
    check_id(told.topic, "signal.topic")
    if not 0 <= told.intensity <= 1:
        raise Invalid(f"intensity is in 0..1, got {told.intensity}", field="signal.intensity")
    if not -1 <= told.sentiment.score <= 1:
        field = "signal.sentiment.score"
        raise Invalid(f"score is in -1..1, got {told.sentiment.score}", field=field)
    if told.withdraws_signal_id:
        raise Invalid("a withdrawal is not rehearsed", field="signal.withdraws_signal_id")
    return to_signal(told)


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
        check_id(recipient.recipient_id, f"{path}recipient_id")
        yield recipient.recipient_id, to_attributes(recipient.attributes, path)
