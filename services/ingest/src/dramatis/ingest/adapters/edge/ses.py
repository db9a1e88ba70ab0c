"""Amazon SES, whose events come through SNS.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html (without a configuration set)
Raw delivery of SNS must be off, or there is no signature. Opens and clicks do not name the
recipient: they are of the one recipient of their message, or of whom its tags name.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import structlog

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.core.errors import Invalid, Refused
from dramatis.ingest.adapters.edge import agents, body, ids, items
from dramatis.ingest.adapters.edge.fields import Json, bad, mapping, moment, sequence, text
from dramatis.ingest.adapters.edge.messages import (
    QUEUED,
    RECIPIENT,
    Item,
    Kind,
    Told,
    is_machine,
)
from dramatis.ingest.adapters.edge.sns import CONFIRMATION, NOTIFICATION, Sns

TRIAL: Final = "Successfully validated SNS topic"

_logger = structlog.get_logger(__name__)


class Ses:
    """The notifications of SNS topics that SES writes to."""

    def __init__(self, sns: Sns, topics: Sequence[str], *, confirm: bool) -> None:
        """Takes the topics that may write here, by ARN, and whether to confirm subscriptions."""
        self._sns = sns
        self._topics = frozenset(topics)
        self._confirm = confirm

    async def __call__(
        self, headers: Mapping[str, str], raw: bytes, now: datetime
    ) -> Sequence[Item]:
        """The items of a request; none, where it is about the subscription itself.

        Raises:
            Refused: SNS did not sign it, or it is of another topic, or subscriptions are not to be
                confirmed.
            Invalid: it is no message of SNS.
            Unavailable: SNS's certificate cannot be had at the moment.
        """
        message = body.parse(raw)
        if not isinstance(message, dict):
            raise Invalid("SNS sends an object", reason="NOT_SNS", field="body")
        topic = text(message, "TopicArn")
        if topic not in self._topics:
            raise Refused("this topic may not write here", reason="UNKNOWN_TOPIC")
        kind = await self._sns.verify(message, now)
        if kind == NOTIFICATION:
            return await _inner(message.get("Message"))
        if kind == CONFIRMATION:
            await self._subscribe(message, topic)
        return ()

    async def _subscribe(self, message: Json, topic: str) -> None:
        if not self._confirm:
            raise Refused("subscriptions are not confirmed here", reason="NOT_CONFIRMED")
        await self._sns.confirm(message)
        _logger.info("subscribed", topic=topic)


async def _inner(written: object) -> Sequence[Item]:
    """The event in a notification; none in the one by which SES tries a new topic."""
    if not isinstance(written, str):
        return await items.each([written], read)
    if written.startswith(TRIAL):
        return ()
    try:
        return await items.each([body.parse(written.encode(errors="replace"))], read)
    except Invalid as error:
        return [Item(written, error)]


Part = Callable[[Json, Json], tuple[Kind | None, Sequence[str]]]
"""Of one part of an event and its mail: what happened, and to which addresses."""


def read(event: Json) -> Sequence[Told]:
    """What one of SES's events says, once for each recipient; nothing, where it is about none.

    Raises:
        Invalid: a field is not what SES says that it is.
    """
    name = text(event, "eventType") or text(event, "notificationType")
    if not name:
        raise bad("eventType", "is required")
    if name not in _PARTS:
        return ()
    key, told_of = _PARTS[name]
    mail, part = mapping(event.get("mail"), "mail"), mapping(event.get(key), key)
    kind, addresses = told_of(part, mail)
    if kind is None:
        return ()
    message_id = text(mail, "messageId", "mail.")
    if not message_id:
        raise bad("mail.messageId", "is required")
    at = moment(part.get("timestamp") or mail.get("timestamp"), f"{key}.timestamp")
    agent, link = text(part, "userAgent", f"{key}."), text(part, "link", f"{key}.")
    marks = _marks(mail, len(addresses) == 1)
    return [
        Told(
            event_id=ids.of("ses", name, message_id, at.isoformat(), link),
            kind=kind,
            seconds=at.timestamp(),
            address=address,
            marks=marks,
            shared=True,
            soft=text(part, "bounceType") != "Permanent",
            message_id=message_id,
            machine=is_machine(kind, agent),
            link=link,
            detail=_detail(part),
            device=agents.device_class(agent) if agent else "",
            ip=text(part, "ipAddress"),
        )
        for address in addresses
    ]


def _destination(mail: Json) -> Sequence[str]:
    return _addresses(sequence(mail.get("destination"), "mail.destination"), "mail.destination")


def _only(mail: Json) -> Sequence[str]:
    """The one recipient of a message; of several nobody knows which it was.

    Where a tag names the recipient, no address is needed.
    """
    if RECIPIENT in mapping(mail.get("tags"), "mail.tags"):
        return ("",)
    found = _destination(mail)
    if len(found) != 1:
        raise bad(
            "mail.destination",
            "which of the message's recipients it was is not said: send one each",
        )
    return found


def _to_all(kind: Kind) -> Part:
    return lambda part, mail: (kind, _destination(mail))


def _by_one(kind: Kind) -> Part:
    return lambda part, mail: (kind, _only(mail))


def _delivered(part: Json, mail: Json) -> tuple[Kind, Sequence[str]]:
    found = sequence(part.get("recipients"), "delivery.recipients")
    return pb.MESSAGE_EVENT_KIND_DELIVERED, _addresses(found, "delivery.recipients")


def _bounced(part: Json, mail: Json) -> tuple[Kind, Sequence[str]]:
    kind = pb.MESSAGE_EVENT_KIND_BOUNCED
    return kind, _named(part, "bouncedRecipients", "bounce")


def _complained(part: Json, mail: Json) -> tuple[Kind | None, Sequence[str]]:
    if text(part, "complaintFeedbackType", "complaint.") == "not-spam":
        return None, ()
    kind = pb.MESSAGE_EVENT_KIND_COMPLAINED
    return kind, _named(part, "complainedRecipients", "complaint")


def _delayed(part: Json, mail: Json) -> tuple[Kind, Sequence[str]]:
    kind = pb.MESSAGE_EVENT_KIND_DEFERRED
    return kind, _named(part, "delayedRecipients", "deliveryDelay")


def _subscription(part: Json, mail: Json) -> tuple[Kind | None, Sequence[str]]:
    """Who wants nothing more has unsubscribed; a change of topics says nothing that we know."""
    new = mapping(part.get("newTopicPreferences"), "subscription.newTopicPreferences")
    if new.get("unsubscribeAll") is not True:
        return None, ()
    return pb.MESSAGE_EVENT_KIND_UNSUBSCRIBED, _only(mail)


def _named(part: Json, name: str, path: str) -> Sequence[str]:
    whole = f"{path}.{name}"
    found = [mapping(each, whole) for each in sequence(part.get(name), whole)]
    return [text(each, "emailAddress", f"{whole}.") for each in found]


def _addresses(found: Sequence[Any], path: str) -> Sequence[str]:
    return [text({"": each}, "", path) for each in found]


def _marks(mail: Json, alone: bool) -> Json:
    """The tags of a message, each with its first value; of several recipients none is named."""
    tags = mapping(mail.get("tags"), "mail.tags")
    found = {
        name: values[0] for name, values in tags.items() if isinstance(values, list) and values
    }
    if not alone:
        found.pop(RECIPIENT, None)
    return found


def _detail(part: Json) -> str:
    words = ("bounceSubType", "complaintFeedbackType", "delayType", "reason")
    return next((found for each in words if (found := text(part, each))), "")


_PARTS: Final[Mapping[str, tuple[str, Part]]] = {
    "Send": ("send", _to_all(QUEUED)),
    "Delivery": ("delivery", _delivered),
    "DeliveryDelay": ("deliveryDelay", _delayed),
    "Bounce": ("bounce", _bounced),
    "Complaint": ("complaint", _complained),
    "Open": ("open", _by_one(pb.MESSAGE_EVENT_KIND_OPENED)),
    "Click": ("click", _by_one(pb.MESSAGE_EVENT_KIND_CLICKED)),
    "Subscription": ("subscription", _subscription),
}
