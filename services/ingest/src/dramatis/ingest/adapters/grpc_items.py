"""Between messages of the contract and what the use cases take and give."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp

from dramatis.api.common.v1 import consent_pb2, event_pb2, item_pb2, signal_pb2
from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.core.consent import Consent
from dramatis.core.errors import DramatisError, Invalid
from dramatis.ingest.adapters import event_schema
from dramatis.ingest.adapters.event_draft import EventDraft
from dramatis.ingest.app.breath import breathing
from dramatis.ingest.domain.incoming import (
    NEVER,
    FoundEvent,
    IncomingEvent,
    IncomingSignal,
    Statement,
)
from dramatis.ingest.domain.verdict import ACCEPTED, DUPLICATE, Verdict
from dramatis.runtime.event_log import Record
from dramatis.wire import consents
from dramatis.wire.errors import CODES

STOPS: Mapping[int, str] = {
    event_pb2.MESSAGE_EVENT_KIND_BOUNCED: "bounced",
    event_pb2.MESSAGE_EVENT_KIND_COMPLAINED: "complained",
    event_pb2.MESSAGE_EVENT_KIND_UNSUBSCRIBED: "unsubscribed",
}
_ACCEPTED = item_pb2.ItemResult(outcome=item_pb2.ITEM_OUTCOME_ACCEPTED)
_DUPLICATE = item_pb2.ItemResult(outcome=item_pb2.ITEM_OUTCOME_DUPLICATE)


def to_event(message: event_pb2.Event, *, kind: str = "event", ip: str = "") -> IncomingEvent:
    """What the rules look at; they may change the message.

    Args:
        message: the event.
        kind: what metrics and notes call it.
        ip: the address that the recipient acted from, where the door saw it.
    """
    payload = message.WhichOneof("payload") or ""
    fault = event_schema.fault(message, payload)
    return IncomingEvent(
        message.event_id,
        message.recipient_id,
        NEVER if fault else _moment(message.event_time),
        EventDraft(message, payload),
        payload,
        _stop(message) if payload == "message" else "",
        fault,
        ip,
        kind,
    )


async def to_events(messages: Sequence[event_pb2.Event]) -> Sequence[IncomingEvent]:
    """The same of many; others get their turn in between."""
    return [to_event(each) async for some in breathing(messages) for each in some]


def to_found(record: Record) -> FoundEvent:
    """A record of the log, as little of it as it takes to see whether it is known."""
    tenant, _, recipient_id = record.key.partition("/")
    return FoundEvent(
        tenant, record.event_id, recipient_id, record.partition, record.offset, record.value
    )


def read_event(value: bytes) -> IncomingEvent:
    """An event from its bytes.

    Raises:
        Invalid: they are none.
    """
    try:
        return to_event(event_pb2.Event.FromString(value))
    except DecodeError:
        raise Invalid("the bytes are no event", reason="UNREADABLE", field="") from None


def _stop(event: event_pb2.Event) -> str:
    """Why no marketing may follow; a bounce that may pass is no reason."""
    if event.message.bounce == event_pb2.BOUNCE_KIND_SOFT:
        return ""
    return STOPS.get(event.message.kind, "")


def to_statement(message: ingest_pb2.ConsentStatement) -> Statement | Invalid:
    """What a recipient said, or why it cannot be read."""
    if fault := event_schema.broken(message):
        return fault
    consent = to_consent(message.consent, "consent")
    return consent if isinstance(consent, Invalid) else Statement(message.recipient_id, consent)


def to_consent(message: consent_pb2.Consent, path: str) -> Consent | Invalid:
    """A consent, or why it cannot be read."""
    try:
        return consents.to_consent(message, path)
    except Invalid as error:
        return error


def to_signal(message: signal_pb2.Signal) -> IncomingSignal:
    """What is looked at of a signal; the bytes are what the log gets."""
    fault = event_schema.signal_fault(message)
    time = NEVER if fault else _moment(message.signal_time)
    return IncomingSignal(
        message.signal_id, message.topic, time, message.SerializeToString(), fault
    )


def _moment(at: Timestamp) -> datetime:
    """The time, exact: as one float the last second of 9999 would be rounded up to 10000."""
    return datetime.fromtimestamp(at.seconds, UTC).replace(microsecond=at.nanos // 1_000)


def from_verdicts(verdicts: Iterable[Verdict], items: str) -> Sequence[item_pb2.ItemResult]:
    """One result per item, in order.

    Args:
        verdicts: what became of them.
        items: name of the request's list, for paths such as "events[3].event_time".
    """
    return [from_verdict(each, f"{items}[{index}]") for index, each in enumerate(verdicts)]


def from_verdict(verdict: Verdict, path: str) -> item_pb2.ItemResult:
    """The result of one item, which lies at `path`."""
    if verdict is ACCEPTED:
        return _ACCEPTED
    if verdict is DUPLICATE:
        return _DUPLICATE
    result = item_pb2.ItemResult(outcome=item_pb2.ItemOutcome.ValueType(verdict.outcome))
    if verdict.error:
        result.error.CopyFrom(_error(verdict.error, path))
    return result


def _error(error: DramatisError, path: str) -> item_pb2.Error:
    metadata = dict(error.metadata)
    if "field" in metadata:
        inner = metadata["field"].removeprefix(path).removeprefix(".")
        metadata["field"] = f"{path}.{inner}" if inner else path
    return item_pb2.Error(
        code=CODES[type(error)], reason=error.reason, message=error.message, metadata=metadata
    )
