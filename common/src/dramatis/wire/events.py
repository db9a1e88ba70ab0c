"""Events of all kinds, read for what they mean to learning."""

from collections.abc import Mapping

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.core.campaign import CONTROL, MICROS, Stage
from dramatis.core.happening import Changed, Exposed, Happening, Meaning, Responded
from dramatis.wire.acts import act
from dramatis.wire.recipients import to_attributes
from dramatis.wire.times import from_timestamp

_MESSAGE_STAGES: Mapping[int, Stage] = {
    pb.MESSAGE_EVENT_KIND_DELIVERED: Stage.DELIVERED,
    pb.MESSAGE_EVENT_KIND_OPENED: Stage.OPEN,
    pb.MESSAGE_EVENT_KIND_CLICKED: Stage.CLICK,
    pb.MESSAGE_EVENT_KIND_UNSUBSCRIBED: Stage.UNSUBSCRIBE,
    pb.MESSAGE_EVENT_KIND_COMPLAINED: Stage.COMPLAIN,
}


def to_happening(tenant: str, record: bytes) -> Happening:
    """What a record of the `recipient-events` topic tells.

    Raises:
        Invalid: an attribute is not finite or out of range.
        google.protobuf.message.DecodeError: the bytes are no event.
    """
    event = pb.Event.FromString(record)
    return Happening(
        tenant=tenant,
        event_id=event.event_id,
        recipient_id=event.recipient_id,
        time=from_timestamp(event.event_time, "event_time"),
        meaning=meaning(event),
        act=act(event),
    )


def meaning(event: pb.Event) -> Meaning | None:
    """What is learned from an event; None where nothing is.

    Machine opens and clicks are not learned from, and orders paid back only by features.
    """
    campaign = event.attribution.campaign_id
    match event.WhichOneof("payload"):
        case "recipient_updated":
            return _changed(event.recipient_updated)
        case "message":
            return _message(event.message, campaign)
        case "site":
            seen = event.site.kind != pb.SITE_EVENT_KIND_CUSTOM
            return Responded(Stage.VISIT, campaign) if seen else None
        case "order" if event.order.kind == pb.ORDER_EVENT_KIND_COMPLETED:
            return Responded(Stage.CONVERT, campaign, event.order.amount.micros / MICROS)
        case _:
            return None


def _changed(update: pb.RecipientUpdated) -> Changed:
    ends = {
        name: from_timestamp(value.expire_time, f"attributes.{name}.expire_time")
        for name, value in update.attributes.items()
        if value.HasField("expire_time")
    }
    return Changed(to_attributes(update.attributes), tuple(update.removed_attributes), ends)


def _message(message: pb.MessageEvent, campaign: str) -> Meaning | None:
    if message.kind == pb.MESSAGE_EVENT_KIND_SENT:
        return Exposed(campaign) if campaign else None
    if message.kind == pb.MESSAGE_EVENT_KIND_HELD_OUT:
        return Exposed(CONTROL)
    stage = _MESSAGE_STAGES.get(message.kind)
    return None if stage is None or message.machine else Responded(stage, campaign)
