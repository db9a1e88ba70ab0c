"""SendGrid's event webhook: batches of events, signed with ECDSA over P-256.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
The signature covers the timestamp and the raw body, to its last byte: the body ends with CRLF.
Custom arguments stand beside SendGrid's own fields.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.core.errors import Invalid
from dramatis.ingest.adapters.edge import agents, body, ids, items
from dramatis.ingest.adapters.edge.fields import Json, bad, number, text
from dramatis.ingest.adapters.edge.messages import QUEUED, Item, Kind, Told, is_machine
from dramatis.ingest.adapters.edge.signatures import Freshness, bad_signature

SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
TIMESTAMP: Final = "x-twilio-email-event-webhook-timestamp"

_KINDS: Final[Mapping[str, Kind]] = {
    "processed": QUEUED,
    "delivered": pb.MESSAGE_EVENT_KIND_DELIVERED,
    "deferred": pb.MESSAGE_EVENT_KIND_DEFERRED,
    "bounce": pb.MESSAGE_EVENT_KIND_BOUNCED,
    "open": pb.MESSAGE_EVENT_KIND_OPENED,
    "click": pb.MESSAGE_EVENT_KIND_CLICKED,
    "spamreport": pb.MESSAGE_EVENT_KIND_COMPLAINED,
    "unsubscribe": pb.MESSAGE_EVENT_KIND_UNSUBSCRIBED,
    "group_unsubscribe": pb.MESSAGE_EVENT_KIND_UNSUBSCRIBED,
    "group_resubscribe": pb.MESSAGE_EVENT_KIND_SUBSCRIBED,
}
_DROPPED: Final[Mapping[str, Kind]] = {
    "bounced address": pb.MESSAGE_EVENT_KIND_BOUNCED,
    "invalid": pb.MESSAGE_EVENT_KIND_BOUNCED,
    "spam reporting address": pb.MESSAGE_EVENT_KIND_COMPLAINED,
    "unsubscribed address": pb.MESSAGE_EVENT_KIND_UNSUBSCRIBED,
}
"""Why SendGrid did not send at all, where that is the recipient's doing and not the sender's."""


class SendGrid:
    """The event webhook of one account."""

    def __init__(self, public_key: str, freshness: Freshness) -> None:
        """Takes the verification key as SendGrid shows it: base64 of DER.

        Raises:
            ValueError: it is no such key.
        """
        key = load_der_public_key(base64.b64decode(public_key))
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise ValueError("SendGrid's verification key is one of ECDSA")
        self._key = key
        self._freshness = freshness

    async def __call__(
        self, headers: Mapping[str, str], raw: bytes, now: datetime
    ) -> Sequence[Item]:
        """The items of a request.

        Raises:
            Refused: its signature is wrong, or too old.
            Invalid: it is no list of events.
        """
        stamp = headers.get(TIMESTAMP, "")
        try:
            signature = base64.b64decode(headers.get(SIGNATURE, ""), validate=True)
            self._key.verify(signature, stamp.encode() + raw, ec.ECDSA(SHA256()))
        except (InvalidSignature, binascii.Error, ValueError):
            raise bad_signature("SendGrid") from None
        self._freshness.check(stamp, now)
        found = body.parse(raw)
        if not isinstance(found, list):
            raise Invalid("SendGrid sends a list of events", reason="NOT_A_LIST", field="body")
        return await items.each(found, read)


def read(item: Json) -> Sequence[Told]:
    """What one of SendGrid's events says; nothing, where it is not about a recipient.

    Raises:
        Invalid: a field is not what SendGrid says that it is.
    """
    name = text(item, "event")
    kind = _kind(name, item)
    if kind is None:
        return ()
    seconds = number(item, "timestamp")
    if seconds is None:
        raise bad("timestamp", "is required")
    agent = text(item, "useragent")
    return (
        Told(
            event_id=_event_id(item, name),
            kind=kind,
            seconds=seconds,
            address=text(item, "email"),
            marks=item,
            soft=text(item, "type") == "blocked",
            message_id=text(item, "sg_message_id").partition(".")[0],
            machine=item.get("sg_machine_open") is True or is_machine(kind, agent),
            link=text(item, "url"),
            detail=text(item, "reason") or text(item, "response"),
            device=agents.device_class(agent) if agent else "",
            ip=text(item, "ip"),
        ),
    )


def _kind(name: str, item: Json) -> Kind | None:
    """What happened; None for what says nothing about a recipient."""
    if not name:
        raise bad("event", "is required")
    if name == "dropped":
        return _DROPPED.get(text(item, "reason").strip().lower())
    return _KINDS.get(name)


def _event_id(item: Json, name: str) -> str:
    """SendGrid's own id of the event; older ones have none, their content tells them apart."""
    if given := text(item, "sg_event_id"):
        return ids.given("sendgrid", given)
    return ids.of("sendgrid", item)
