"""What a third party tells, as an event of the contract."""

from datetime import datetime
from typing import Final

from dramatis.api.common.v1 import event_pb2, recipient_pb2
from dramatis.ingest.adapters.grpc_items import to_event
from dramatis.ingest.domain.incoming import IncomingEvent
from dramatis.ingest.domain.third_party import Change, Told
from dramatis.wire.times import to_timestamp

FIELDS: Final = {"amount": "amount_micros"}


def encode(change: Change) -> IncomingEvent:
    """The event; every value says whence it is, since when and until when."""
    event = event_pb2.Event(
        event_id=change.event_id,
        recipient_id=change.recipient_id,
        event_time=to_timestamp(change.obtained),
    )
    update = event.recipient_updated
    update.removed_attributes.extend(change.removed)
    for name, told in change.values.items():
        value = update.attributes[name]
        _fill(value, told)
        value.source = change.party
        value.obtain_time.CopyFrom(to_timestamp(change.obtained))
        value.expire_time.CopyFrom(to_timestamp(change.expires))
    return to_event(event)


def _fill(value: recipient_pb2.AttributeValue, told: Told) -> None:
    if isinstance(told.value, datetime):
        value.time.CopyFrom(to_timestamp(told.value))
    else:
        setattr(value, FIELDS.get(told.kind, told.kind), told.value)
