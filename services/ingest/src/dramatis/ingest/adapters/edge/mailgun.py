"""Mailgun's webhooks: one event a request, signed with HMAC-SHA256 over timestamp and token.

https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads
https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
The signature does not cover the event: each token stands for the first body that came with it.
An event's id is unique within one day only, so the day is part of ours.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.core.errors import Invalid
from dramatis.ingest.adapters.edge import body, ids, items
from dramatis.ingest.adapters.edge.fields import Json, bad, mapping, moment, number, text
from dramatis.ingest.adapters.edge.messages import QUEUED, Item, Kind, Told, is_machine
from dramatis.ingest.adapters.edge.signatures import Freshness, Tokens, bad_signature

_KINDS: Final[Mapping[str, Kind]] = {
    "accepted": QUEUED,
    "delivered": pb.MESSAGE_EVENT_KIND_DELIVERED,
    "opened": pb.MESSAGE_EVENT_KIND_OPENED,
    "clicked": pb.MESSAGE_EVENT_KIND_CLICKED,
    "complained": pb.MESSAGE_EVENT_KIND_COMPLAINED,
    "unsubscribed": pb.MESSAGE_EVENT_KIND_UNSUBSCRIBED,
}
_DEVICES: Final = {"desktop": "desktop", "mobile": "phone", "tablet": "tablet"}
_SUPPRESSED: Final[Mapping[str, Kind]] = {
    "suppress-bounce": pb.MESSAGE_EVENT_KIND_BOUNCED,
    "suppress-complaint": pb.MESSAGE_EVENT_KIND_COMPLAINED,
    "suppress-unsubscribe": pb.MESSAGE_EVENT_KIND_UNSUBSCRIBED,
}
"""Reasons of failures that are no bounce of this message, but an earlier wish."""


class Mailgun:
    """The webhooks of one account."""

    def __init__(self, signing_key: str, freshness: Freshness) -> None:
        self._key = signing_key.encode()
        self._freshness = freshness
        self._tokens = Tokens()

    async def __call__(
        self, headers: Mapping[str, str], raw: bytes, now: datetime
    ) -> Sequence[Item]:
        """The one item of a request.

        Raises:
            Refused: its signature is wrong, too old, or was used for something else.
            Invalid: it is no event of Mailgun.
        """
        found = body.parse(raw)
        if not isinstance(found, dict):
            raise Invalid("Mailgun sends an object", reason="NOT_AN_OBJECT", field="body")
        signed = mapping(found.get("signature"), "signature")
        stamp, token = (text(signed, name, "signature.") for name in ("timestamp", "token"))
        self._verify(stamp, token, text(signed, "signature", "signature."))
        self._freshness.check(stamp, now)
        if not self._tokens.use(token, hashlib.blake2b(raw, digest_size=16).digest()):
            raise bad_signature("Mailgun")
        return await items.each([found.get("event-data")], read)

    def _verify(self, stamp: str, token: str, signature: str) -> None:
        expected = hmac.new(self._key, f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
        if not token or not hmac.compare_digest(expected.encode(), signature.encode()):
            raise bad_signature("Mailgun")


def read(event: Json) -> Sequence[Told]:
    """What one of Mailgun's events says; nothing, where it is not about a recipient.

    Raises:
        Invalid: a field is not what Mailgun says that it is.
    """
    kind = _kind(event)
    if kind is None:
        return ()
    seconds = number(event, "timestamp")
    if seconds is None:
        raise bad("timestamp", "is required")
    client = mapping(event.get("client-info"), "client-info")
    place = mapping(event.get("geolocation"), "geolocation")
    bot = bool(text(client, "bot", "client-info."))
    return (
        Told(
            event_id=_event_id(event, seconds),
            kind=kind,
            seconds=seconds,
            address=text(event, "recipient"),
            marks=mapping(event.get("user-variables"), "user-variables"),
            message_id=_message_id(event),
            machine=bot or is_machine(kind, text(client, "user-agent", "client-info.")),
            link=text(event, "url"),
            detail=_detail(event),
            country=text(place, "country", "geolocation."),
            region=text(place, "region", "geolocation."),
            ip=text(event, "ip"),
            device=_DEVICES.get(text(client, "device-type", "client-info."), ""),
        ),
    )


def _kind(event: Json) -> Kind | None:
    name = text(event, "event")
    if not name:
        raise bad("event", "is required")
    if name != "failed":
        return _KINDS.get(name)
    reason = text(event, "reason")
    if reason in _SUPPRESSED:
        return _SUPPRESSED[reason]
    permanent = text(event, "severity") == "permanent"
    return pb.MESSAGE_EVENT_KIND_BOUNCED if permanent else pb.MESSAGE_EVENT_KIND_DEFERRED


def _event_id(event: Json, seconds: float) -> str:
    given = text(event, "id")
    if not given:
        raise bad("id", "is required")
    day = moment(seconds, "timestamp").astimezone(UTC).date().isoformat()
    return ids.given("mailgun", f"{day}:{given}")


def _message_id(event: Json) -> str:
    message = mapping(event.get("message"), "message")
    headers = mapping(message.get("headers"), "message.headers")
    return text(headers, "message-id", "message.headers.")


def _detail(event: Json) -> str:
    status = mapping(event.get("delivery-status"), "delivery-status")
    path = "delivery-status."
    return text(status, "description", path) or text(status, "message", path)
