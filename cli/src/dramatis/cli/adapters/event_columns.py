"""An event of the contract as one row of the export."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError

from dramatis.api.common.v1 import event_pb2
from dramatis.cli.adapters.event_words import words
from dramatis.core.errors import Invalid

_PLAIN: Final = {
    "attribution": ("campaign_id", "decision_id"),
    "context": ("session_id", "device_class", "country_code", "region_code", "daypart"),
    "message": ("message_id", "machine", "link", "detail"),
    "site": ("name", "page", "product_id", "category", "query", "quantity"),
    "order": ("order_id",),
    "support": ("topic",),
    "social": ("topic", "network"),
    "experiment_viewed": ("experiment_id", "variation_id"),
}
"""Fields that are columns as they are; empty ones are null."""


def to_row(value: bytes) -> tuple[datetime, dict[str, Any]]:
    """When it happened, and the columns that the event itself fills.

    Raises:
        Invalid: the bytes are no event.
    """
    try:
        event = event_pb2.Event.FromString(value)
        time = event.event_time.ToDatetime(UTC)
    except (DecodeError, ValueError, OverflowError):
        raise Invalid("the bytes are no event", reason="UNREADABLE") from None
    payload = event.WhichOneof("payload") or ""
    row: dict[str, Any] = {"event_time": time, "kind": _kind(event, payload)}
    for part in ("attribution", "context", payload):
        for name in _PLAIN.get(part, ()):
            row[name] = getattr(getattr(event, part), name) or None
    _context(event.context, row)
    if reader := _READERS.get(payload):
        reader(getattr(event, payload), row)
    return time, row


def _kind(event: event_pb2.Event, payload: str) -> str:
    """Such as order.completed; the payload alone where it has no kinds."""
    if not payload:
        return ""
    inside = getattr(event, payload)
    field = inside.DESCRIPTOR.fields_by_name.get("kind")
    if field is None or field.enum_type is None:
        return payload
    return f"{payload}.{_by_number(field.enum_type).get(inside.kind, inside.kind)}"


@cache
def _by_number(enum: EnumDescriptor) -> Mapping[int, str]:
    return {number: word for word, number in words(enum).items()}


def _context(context: event_pb2.EventContext, row: dict[str, Any]) -> None:
    if context.HasField("session_duration"):
        row["session_seconds"] = context.session_duration.ToTimedelta().total_seconds()
    if context.HasField("local_hour"):
        row["local_hour"] = context.local_hour


def _message(message: event_pb2.MessageEvent, row: dict[str, Any]) -> None:
    row["machine"] = message.machine
    if message.bounce:
        row["bounce"] = event_pb2.BounceKind.Name(message.bounce).rpartition("_")[2].lower()


def _site(site: event_pb2.SiteEvent, row: dict[str, Any]) -> None:
    if site.HasField("price"):
        row["price_micros"] = site.price.micros
        row["price_currency"] = site.price.currency_code
    row["attributes"] = _json(site.properties)


def _order(order: event_pb2.OrderEvent, row: dict[str, Any]) -> None:
    if order.HasField("amount"):
        row["amount_micros"] = order.amount.micros
        row["amount_currency"] = order.amount.currency_code
    row["categories"] = list(order.categories)


def _sentiment(said: event_pb2.SupportEvent | event_pb2.SocialEvent, row: dict[str, Any]) -> None:
    if said.HasField("sentiment"):
        row["sentiment"] = said.sentiment


def _updated(updated: event_pb2.RecipientUpdated, row: dict[str, Any]) -> None:
    row["attributes"] = _json(updated.attributes)
    row["removed_attributes"] = list(updated.removed_attributes)


def _json(attributes: Mapping[str, Any]) -> str | None:
    if not attributes:
        return None
    plain = {
        name: MessageToDict(value, preserving_proto_field_name=True)
        for name, value in sorted(attributes.items())
    }
    return json.dumps(plain, separators=(",", ":"))


_READERS: Final[Mapping[str, Any]] = {
    "message": _message,
    "site": _site,
    "order": _order,
    "support": _sentiment,
    "social": _sentiment,
    "recipient_updated": _updated,
}
