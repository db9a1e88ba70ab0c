"""Recipients as callers send them: which fields to write, as an event and statements."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from dramatis.api.common.v1 import event_pb2, recipient_pb2
from dramatis.api.ingest.v1 import ingest_pb2 as pb
from dramatis.core.consent import Consent
from dramatis.core.errors import Invalid
from dramatis.ingest.adapters import event_schema, grpc_items
from dramatis.ingest.adapters.event_draft import EventDraft
from dramatis.ingest.app.access import Dossier
from dramatis.ingest.domain.incoming import IncomingEvent, IncomingRecipient
from dramatis.runtime import pages
from dramatis.runtime.event_log import Record
from dramatis.wire.consents import from_consent
from dramatis.wire.times import to_timestamp

Moment = tuple[int, int]
"""Seconds since 1970, and nanoseconds."""
_ATTRIBUTE = "attributes."
_PAYLOAD = "recipient_updated"
_FIELDS = frozenset({"attributes", "consents", "time_zone"})


def to_recipients(
    request: pb.UpsertRecipientsRequest, now: datetime
) -> Sequence[IncomingRecipient | Invalid]:
    """Each recipient of a request as the use case takes it, or why it cannot be read.

    Raises:
        Invalid: the update mask names a field that cannot be written.
    """
    mask = request.update_mask.paths if request.HasField("update_mask") else None
    for path in mask or ():
        name = path.removeprefix(_ATTRIBUTE)
        if path not in _FIELDS and (name == path or event_schema.name_fault(name)):
            raise Invalid(f"there is no field {path[:80]!r} to write", field="update_mask")
    stamp = to_timestamp(now)
    series = hashlib.blake2b(request.request_id.encode(), digest_size=16).hexdigest()
    return [
        _recipient(each, mask or None, f"upsert-{series}-{index}", now, stamp)
        for index, each in enumerate(request.recipients)
    ]


def _recipient(
    message: recipient_pb2.Recipient,
    mask: Sequence[str] | None,
    event_id: str,
    now: datetime,
    stamp: Timestamp,
) -> IncomingRecipient | Invalid:
    if fault := event_schema.recipient_fault(message):
        return fault
    paths: Collection[str] = _FIELDS if mask is None else mask
    consents: list[Consent] = []
    for index, each in enumerate(message.consents if "consents" in paths else ()):
        consent = grpc_items.to_consent(each, f"consents[{index}]")
        if isinstance(consent, Invalid):
            return consent
        consents.append(consent)
    event = event_pb2.Event(event_id=event_id, recipient_id=message.recipient_id, event_time=stamp)
    _update(event.recipient_updated, message, paths)
    zone = message.time_zone if "time_zone" in paths else ""
    named = bool(event.recipient_updated.attributes or event.recipient_updated.removed_attributes)
    update = IncomingEvent(
        event_id, message.recipient_id, now, EventDraft(event, _PAYLOAD), _PAYLOAD, kind="recipient"
    )
    return IncomingRecipient(update, named or not (consents or zone), consents, zone)


def _update(
    update: event_pb2.RecipientUpdated, message: recipient_pb2.Recipient, paths: Collection[str]
) -> None:
    """Fills in the attributes to write; a named one that the recipient lacks is removed."""
    update.SetInParent()
    if "attributes" in paths:
        update.attributes.MergeFrom(message.attributes)
    for name in (path.removeprefix(_ATTRIBUTE) for path in paths if path.startswith(_ATTRIBUTE)):
        if name in message.attributes:
            update.attributes[name].CopyFrom(message.attributes[name])
        else:
            update.removed_attributes.append(name)


def from_dossier(held: Dossier, listing: str, size: int) -> pb.GetRecipientDataResponse:
    """A page of the answer to who asks what is held: the events.

    Args:
        held: what is.
        listing: what the page is one of.
        size: how many events it has at most.
    """
    shown = pages.fitting(held.events, size, lambda each: len(each.value))
    answer = pb.GetRecipientDataResponse(
        events=[event_pb2.Event.FromString(each.value) for each in shown]
    )
    if held.more or len(shown) < len(held.events):
        answer.next_page_token = pages.token(listing, [shown[-1].partition, shown[-1].offset])
    return answer


def describe(
    answer: pb.GetRecipientDataResponse,
    recipient_id: str,
    held: Dossier,
    attributes: Mapping[str, recipient_pb2.AttributeValue],
) -> None:
    """Puts into the first page who the recipient is now."""
    answer.recipient.recipient_id = recipient_id
    answer.recipient.time_zone = held.time_zone
    answer.recipient.consents.extend(map(from_consent, held.consents))
    for name, value in attributes.items():
        answer.recipient.attributes[name].CopyFrom(value)


class Folded:
    """Attributes as the events make them: of each the newest by the time of its event."""

    def __init__(self) -> None:
        self._newest: dict[str, tuple[Moment, recipient_pb2.AttributeValue | None]] = {}

    def fold(self, record: Record) -> None:
        """Takes in one more event; a late one changes nothing that is newer."""
        event = event_pb2.Event.FromString(record.value)
        time, changed = _moment(event.event_time), event.recipient_updated
        for name in changed.removed_attributes:
            self._tell(name, time, None)
        for name, value in changed.attributes.items():
            self._tell(name, time, value)

    def attributes(self, now: datetime) -> Mapping[str, recipient_pb2.AttributeValue]:
        """What is known at a moment: neither removed nor ended."""
        at = _moment(to_timestamp(now))
        return {
            name: value
            for name, (_, value) in self._newest.items()
            if value is not None
            and not (value.HasField("expire_time") and _moment(value.expire_time) <= at)
        }

    def _tell(self, name: str, time: Moment, value: recipient_pb2.AttributeValue | None) -> None:
        if name not in self._newest or self._newest[name][0] <= time:
            self._newest[name] = (time, value)


def _moment(time: Timestamp) -> Moment:
    return time.seconds, time.nanos
