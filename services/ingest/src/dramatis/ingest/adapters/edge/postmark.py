"""Postmark's webhooks: one record a request, with a password or a secret header that we choose.

https://postmarkapp.com/developer/webhooks/webhooks-overview : Postmark signs nothing; it sends
Basic authentication from the URL, and headers of our choice. Only bounces carry an id of their own.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.core.errors import Invalid
from dramatis.ingest.adapters.edge import body, ids, items
from dramatis.ingest.adapters.edge.fields import Json, bad, mapping, moment, text
from dramatis.ingest.adapters.edge.keys import basic
from dramatis.ingest.adapters.edge.messages import Item, Kind, Told, is_machine
from dramatis.runtime.status import Unauthenticated

_FINAL: Final = frozenset({"HardBounce", "BadEmailAddress", "ManuallyDeactivated"})
_SOFT: Final = frozenset(
    {"SoftBounce", "DnsError", "Blocked", "SpamNotification", "DMARCPolicy", "Unknown"}
)
_OTHERS: Final[Mapping[str, Kind]] = {
    "Transient": pb.MESSAGE_EVENT_KIND_DEFERRED,
    "Unsubscribe": pb.MESSAGE_EVENT_KIND_UNSUBSCRIBED,
    "SpamComplaint": pb.MESSAGE_EVENT_KIND_COMPLAINED,
    "Subscribe": pb.MESSAGE_EVENT_KIND_SUBSCRIBED,
}
_REASONS: Final[Mapping[str, Kind]] = {
    "HardBounce": pb.MESSAGE_EVENT_KIND_BOUNCED,
    "SpamComplaint": pb.MESSAGE_EVENT_KIND_COMPLAINED,
}
_DEVICES: Final = {"Desktop": "desktop", "Mobile": "phone"}


@dataclass(frozen=True, slots=True)
class Postmark:
    """The webhooks of one server.

    Attributes:
        user, password: of Basic authentication; empty where a header is used.
        header, value: a header of our choice; empty where Basic authentication is used.
    """

    user: str = ""
    password: str = ""
    header: str = ""
    value: str = ""

    async def __call__(
        self, headers: Mapping[str, str], raw: bytes, now: datetime
    ) -> Sequence[Item]:
        """The one item of a request.

        Raises:
            Unauthenticated: it does not know the password or the header's value.
            Invalid: it is no record of Postmark.
        """
        if not (self._knows_password(headers) and self._knows_header(headers)):
            raise Unauthenticated("this request does not know the secret", reason="BAD_SECRET")
        found = body.parse(raw)
        if not isinstance(found, dict):
            raise Invalid("Postmark sends an object", reason="NOT_AN_OBJECT", field="body")
        return await items.each([found], read)

    def _knows_password(self, headers: Mapping[str, str]) -> bool:
        if not self.password:
            return True
        user, password = basic(headers.get("authorization", ""))
        right = _same(user, self.user)
        return _same(password, self.password) and right

    def _knows_header(self, headers: Mapping[str, str]) -> bool:
        return not self.header or _same(headers.get(self.header.lower(), ""), self.value)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


def read(record: Json) -> Sequence[Told]:
    """What one of Postmark's records says; nothing, where it is not about a recipient.

    Raises:
        Invalid: a field is not what Postmark says that it is.
    """
    name = text(record, "RecordType")
    if name not in _TIMES:
        if not name:
            raise bad("RecordType", "is required")
        return ()
    kind = _kind(name, record)
    if kind is None:
        return ()
    when = _TIMES[name]
    at = moment(record.get(when), when)
    message_id = text(record, "MessageID")
    place = mapping(record.get("Geo"), "Geo")
    link = text(record, "OriginalLink")
    return (
        Told(
            event_id=_event_id(record, name, message_id, at, link),
            kind=kind,
            seconds=at.timestamp(),
            address=text(record, "Recipient") or text(record, "Email"),
            marks=mapping(record.get("Metadata"), "Metadata"),
            shared=not record.get("ID"),
            soft=text(record, "Type") in _SOFT,
            message_id=message_id,
            machine=is_machine(kind, text(record, "UserAgent")),
            link=link,
            detail=text(record, "Description") or text(record, "Details"),
            country=text(place, "CountryISOCode", "Geo."),
            region=text(place, "RegionISOCode", "Geo."),
            device=_DEVICES.get(text(record, "Platform"), ""),
        ),
    )


_TIMES: Final = {
    "Delivery": "DeliveredAt",
    "Bounce": "BouncedAt",
    "SpamComplaint": "BouncedAt",
    "Open": "ReceivedAt",
    "Click": "ReceivedAt",
    "SubscriptionChange": "ChangedAt",
}


def _kind(name: str, record: Json) -> Kind | None:
    if name == "Bounce":
        return _bounce(text(record, "Type"))
    if name == "SubscriptionChange":
        if record.get("SuppressSending") is False:
            return pb.MESSAGE_EVENT_KIND_SUBSCRIBED
        reason = text(record, "SuppressionReason")
        return _REASONS.get(reason, pb.MESSAGE_EVENT_KIND_UNSUBSCRIBED)
    return _KINDS[name]


_KINDS: Final[Mapping[str, Kind]] = {
    "Delivery": pb.MESSAGE_EVENT_KIND_DELIVERED,
    "SpamComplaint": pb.MESSAGE_EVENT_KIND_COMPLAINED,
    "Open": pb.MESSAGE_EVENT_KIND_OPENED,
    "Click": pb.MESSAGE_EVENT_KIND_CLICKED,
}


def _bounce(kind: str) -> Kind | None:
    """What a bounce of a kind means; None for what is none, such as an answer from a holiday."""
    return pb.MESSAGE_EVENT_KIND_BOUNCED if kind in _FINAL | _SOFT else _OTHERS.get(kind)


def _event_id(record: Json, name: str, message_id: str, at: datetime, link: str) -> str:
    """Postmark's own id of a bounce; else what tells one thing that happened from another."""
    if given := text(record, "ID"):
        return ids.given("postmark", f"{name}:{given}")
    if not message_id:
        raise bad("MessageID", "is required")
    return ids.of("postmark", name, message_id, at.isoformat(), link)
