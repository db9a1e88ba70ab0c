"""Calls of Segment's HTTP tracking API as events of ours.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/ : `track`,
`identify`, `page`, `screen`, `group`, alone or in a batch. The names of e-commerce events are those
of https://segment.com/docs/connections/spec/ecommerce/v2/ ; all other names are custom events.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.core.errors import Invalid
from dramatis.ingest.adapters.edge import ids, segment_context, segment_names
from dramatis.ingest.adapters.edge.fields import Json, bad, mapping, moment, text
from dramatis.ingest.adapters.edge.segment_traits import to_attributes
from dramatis.wire.times import to_timestamp

GROUP: Final = "group_id"


@dataclass(frozen=True, slots=True)
class Call:
    """What holds for all messages of a request.

    Attributes:
        received: when we got it.
        sent: when the sender says that it sent it, by its own clock; None where it does not.
        context: of all messages that do not say otherwise.
        agent: user agent, where a browser sent it.
        public: whether anyone may have sent it, see `keys.Writer`.
    """

    received: datetime
    sent: datetime | None = None
    context: Json | None = None
    agent: str = ""
    public: bool = False


def call_of(body: Json, received: datetime, agent: str, *, public: bool) -> Call:
    """What a request's body says of all its messages.

    Raises:
        Invalid: `sentAt` or `context` is not what it should be.
    """
    sent = body.get("sentAt")
    return Call(
        received,
        moment(sent, "sentAt") if sent is not None else None,
        mapping(body.get("context"), "context"),
        agent,
        public,
    )


def to_event(item: Json, kind: str, call: Call) -> pb.Event:
    """One message as an event.

    Args:
        item: the message.
        kind: `track`, `identify`, ...
        call: the request that it came in.

    Raises:
        Invalid: it cannot be one; says which field and why.
    """
    if kind not in _KINDS:
        raise Invalid(f"there is no call {kind[:40]!r} here", reason=_reason(kind), field="type")
    at = _time(item, call)
    event = pb.Event(
        event_id=_event_id(item),
        recipient_id=text(item, "userId") or text(item, "anonymousId"),
        event_time=to_timestamp(at),
    )
    if not event.recipient_id:
        raise bad("userId", "a message names a userId or an anonymousId")
    context = mapping(item.get("context"), "context") or call.context or {}
    _KINDS[kind](event, item, context, call)
    properties = mapping(item.get("properties"), "properties")
    segment_context.fill(event, context, properties, call.agent, at)
    return event


def ip_of(item: Json, call: Call) -> str:
    """The address that the recipient acted from, where a server says so; it is never kept."""
    context = mapping(item.get("context"), "context") or call.context or {}
    return text(context, "ip", "context.")


def _reason(kind: str) -> str:
    return "ALIAS_UNSUPPORTED" if kind == "alias" else "UNKNOWN_CALL"


def _event_id(item: Json) -> str:
    """The message's own id; else one of its content, where that says when it happened."""
    if given := text(item, "messageId"):
        return ids.given("", given)
    if item.get("timestamp") or item.get("originalTimestamp"):
        return ids.of("track", {each: item[each] for each in item if each != "sentAt"})
    return f"track:{uuid.uuid4().hex}"


def _time(item: Json, call: Call) -> datetime:
    """When it happened, by our clock."""
    name = "originalTimestamp" if item.get("originalTimestamp") is not None else "timestamp"
    said = item.get(name)
    if said is None:
        return call.received
    own = item.get("sentAt")
    sent = moment(own, "sentAt") if own is not None else call.sent
    return segment_context.mend(moment(said, name), sent, call.received)


def _track(event: pb.Event, item: Json, context: Json, call: Call) -> None:
    name = text(item, "event").strip()
    if not name:
        raise bad("event", "what happened has a name")
    segment_names.fill(event, name, item, context, public=call.public)


def _page(event: pb.Event, item: Json, context: Json, call: Call) -> None:
    properties = mapping(item.get("properties"), "properties")
    event.site.kind = pb.SITE_EVENT_KIND_PAGE_VIEWED
    event.site.name = text(item, "name")
    event.site.category = text(item, "category")
    event.site.page = segment_context.page_of(context, properties)
    segment_names.attribute(event, properties)


def _identify(event: pb.Event, item: Json, context: Json, call: Call) -> None:
    event.recipient_updated.SetInParent()
    traits = mapping(item.get("traits"), "traits")
    for name, value in to_attributes(traits).items():
        event.recipient_updated.attributes[name].CopyFrom(value)


def _group(event: pb.Event, item: Json, context: Json, call: Call) -> None:
    group = text(item, "groupId")
    if not group:
        raise bad("groupId", "a group has an id")
    event.recipient_updated.attributes[GROUP].category = group


_KINDS: Final[Mapping[str, Callable[[pb.Event, Json, Json, Call], None]]] = {
    "track": _track,
    "page": _page,
    "screen": _page,
    "identify": _identify,
    "group": _group,
}
