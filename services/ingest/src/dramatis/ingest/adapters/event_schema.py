"""What breaks the schema of an event, field by field; cheap, for it looks at every event."""

import math
from collections.abc import Callable, Mapping, Set
from typing import Any, Final

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.api.common.v1 import recipient_pb2, signal_pb2
from dramatis.core.errors import Invalid

MAX_ID = 128
MAX_ATTRIBUTES = 256
MAX_ATTRIBUTE_NAME = 64
MAX_CATEGORY = 256
_YEAR_1, _LAST_SECOND = -62_135_596_800, 253_402_300_799  # seconds from 1970
_NANOS = 1_000_000_000
_MESSAGE_KINDS: Final = frozenset(pb.MessageEventKind.values()) - {0}
_SITE_KINDS: Final = frozenset(pb.SiteEventKind.values()) - {0}
_ORDER_KINDS: Final = frozenset(pb.OrderEventKind.values()) - {0}
_SIGNAL_KINDS: Final = frozenset(signal_pb2.SignalKind.values()) - {0}

Attributes = Mapping[str, recipient_pb2.AttributeValue]


def fault(event: pb.Event) -> Invalid | None:
    """The first thing wrong with an event, with the field's path in it; None if all is well."""
    payload = event.WhichOneof("payload")
    if payload is None:
        return bad("payload", "an event says what happened: set one of its payloads")
    return (
        id_fault(event.event_id, "event_id")
        or id_fault(event.recipient_id, "recipient_id")
        or _time(event)
        or (_context(event.context) if event.HasField("context") else None)
        or _PAYLOADS[payload](getattr(event, payload))
    )


def signal_fault(signal: signal_pb2.Signal) -> Invalid | None:
    """The first thing wrong with a signal; None if all is well."""
    at = signal.signal_time
    return (
        id_fault(signal.signal_id, "signal_id")
        or id_fault(signal.topic, "topic")
        or _kind(signal.kind, _SIGNAL_KINDS, "kind")
        or time_fault(at.seconds, at.nanos, "signal_time")
        or _range(signal.intensity, 0, "intensity")
        or _range(signal.sentiment.score, -1, "sentiment.score")
    )


def bad(field: str, message: str) -> Invalid:
    """A fault in a field."""
    return Invalid(message, reason="INVALID_FIELD", field=field)


def id_fault(text: str, field: str) -> Invalid | None:
    """Whether a text may be an id. SQLite's JSON functions end a text at a NUL: none is let in."""
    if 1 <= len(text) <= MAX_ID and "\0" not in text:
        return None
    return bad(field, f"{field} has 1..{MAX_ID} characters, none of them NUL, got {len(text)}")


def time_fault(seconds: int, nanos: int, field: str) -> Invalid | None:
    """Whether a timestamp is one, and from 1970 or later."""
    if 0 < seconds <= _LAST_SECOND and 0 <= nanos < _NANOS:
        return None
    return bad(field, f"{field} is required and lies between 1970 and 9999")


def name_fault(name: str) -> str:
    """Whether an attribute may be called so: what is wrong, or nothing."""
    if 1 <= len(name) <= MAX_ATTRIBUTE_NAME:
        return ""
    return f"an attribute's name has 1..{MAX_ATTRIBUTE_NAME} characters, got {len(name)}"


def attributes_fault(attributes: Attributes, path: str) -> Invalid | None:
    """Whether attributes are few, named and of values that can be."""
    if len(attributes) > MAX_ATTRIBUTES:
        return bad(path, f"at most {MAX_ATTRIBUTES} attributes, got {len(attributes)}")
    for name, value in attributes.items():
        if name_fault(name):
            return bad(path, name_fault(name))
        if problem := _attribute(value):
            return bad(f"{path}.{name}", problem)
    return None


def _attribute(value: recipient_pb2.AttributeValue) -> str:
    kind = value.WhichOneof("kind")
    return _ATTRIBUTES[kind](value) if kind else "a value has a kind; leave out what is unknown"


def _category(value: recipient_pb2.AttributeValue) -> str:
    few = len(value.category) <= MAX_CATEGORY
    return "" if few else f"a category has at most {MAX_CATEGORY} characters"


def _moment(value: recipient_pb2.AttributeValue) -> str:
    at = value.time
    known = _YEAR_1 <= at.seconds <= _LAST_SECOND and 0 <= at.nanos < _NANOS
    return "" if known else "a time lies in the years 1 to 9999"


_ATTRIBUTES: Final[Mapping[str, Callable[[recipient_pb2.AttributeValue], str]]] = {
    "number": lambda value: "" if math.isfinite(value.number) else "a number is finite",
    "rank": lambda value: "" if math.isfinite(value.rank) else "a rank is finite",
    "affinity": lambda value: "" if 0 <= value.affinity <= 1 else "an affinity is in [0, 1]",
    "category": _category,
    "time": _moment,
    "amount_micros": lambda value: "",
    "flag": lambda value: "",
}


def _time(event: pb.Event) -> Invalid | None:
    at = event.event_time
    return time_fault(at.seconds, at.nanos, "event_time")


def _context(context: pb.EventContext) -> Invalid | None:
    if context.session_duration.seconds < 0 or context.session_duration.nanos < 0:
        return bad("context.session_duration", "a session lasts 0 s or more")
    if not 0 <= context.local_hour <= 23:
        return bad("context.local_hour", f"an hour is in 0..23, got {context.local_hour}")
    return None


def _updated(updated: pb.RecipientUpdated) -> Invalid | None:
    return attributes_fault(updated.attributes, "recipient_updated.attributes")


def _message(message: pb.MessageEvent) -> Invalid | None:
    return _kind(message.kind, _MESSAGE_KINDS, "message.kind")


def _site(site: pb.SiteEvent) -> Invalid | None:
    return _kind(site.kind, _SITE_KINDS, "site.kind")


def _order(order: pb.OrderEvent) -> Invalid | None:
    if order.amount.micros < 0:
        return bad("order.amount.micros", f"an amount is >= 0, got {order.amount.micros}")
    return _kind(order.kind, _ORDER_KINDS, "order.kind")


def _support(support: pb.SupportEvent) -> Invalid | None:
    return _range(support.sentiment, -1, "support.sentiment")


def _experiment(viewed: pb.ExperimentViewed) -> Invalid | None:
    return id_fault(viewed.experiment_id, "experiment_viewed.experiment_id")


def _range(value: float, least: float, field: str) -> Invalid | None:
    return None if least <= value <= 1 else bad(field, f"{field} is in [{least}, 1], got {value}")


def _kind(number: int, known: Set[int], field: str) -> Invalid | None:
    if number in known:
        return None
    return bad(field, f"{field} must say what happened, got {number}")


_PAYLOADS: Final[Mapping[str, Callable[[Any], Invalid | None]]] = {
    "recipient_updated": _updated,
    "message": _message,
    "site": _site,
    "order": _order,
    "support": _support,
    "experiment_viewed": _experiment,
}
