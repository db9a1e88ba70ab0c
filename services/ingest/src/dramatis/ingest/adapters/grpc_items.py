"""Between messages of the contract and what the use cases take and give."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from dramatis.api.common.v1 import event_pb2, item_pb2, signal_pb2
from dramatis.core.errors import DramatisError
from dramatis.ingest.adapters import event_schema
from dramatis.ingest.domain.incoming import NEVER, IncomingEvent, IncomingSignal
from dramatis.ingest.domain.verdict import ACCEPTED, DUPLICATE, Verdict
from dramatis.wire.errors import CODES

STOPS: Mapping[int, str] = {
    event_pb2.MESSAGE_EVENT_KIND_BOUNCED: "bounced",
    event_pb2.MESSAGE_EVENT_KIND_COMPLAINED: "complained",
    event_pb2.MESSAGE_EVENT_KIND_UNSUBSCRIBED: "unsubscribed",
}
_ACCEPTED = item_pb2.ItemResult(outcome=item_pb2.ITEM_OUTCOME_ACCEPTED)
_DUPLICATE = item_pb2.ItemResult(outcome=item_pb2.ITEM_OUTCOME_DUPLICATE)


def to_event(message: event_pb2.Event) -> IncomingEvent:
    """What the rules look at; the bytes are what the log gets."""
    fault = event_schema.fault(message)
    at = message.event_time
    time = NEVER if fault else datetime.fromtimestamp(at.seconds + at.nanos / 1e9, UTC)
    updated = message.recipient_updated if message.HasField("recipient_updated") else None
    texts = [message.recipient_id]
    if updated is not None:
        texts += updated.attributes
        texts += [each.category for each in updated.attributes.values() if each.category]
    return IncomingEvent(
        event_id=message.event_id,
        recipient_id=message.recipient_id,
        time=time,
        value=message.SerializeToString(),
        behaviour=updated is None,
        stop=STOPS.get(message.message.kind, "") if message.HasField("message") else "",
        texts=texts,
        fault=fault,
    )


def to_signal(message: signal_pb2.Signal) -> IncomingSignal:
    """What is looked at of a signal; the bytes are what the log gets."""
    fault = event_schema.signal_fault(message)
    at = message.signal_time
    time = NEVER if fault else datetime.fromtimestamp(at.seconds + at.nanos / 1e9, UTC)
    return IncomingSignal(
        message.signal_id, message.topic, time, message.SerializeToString(), fault
    )


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
        metadata["field"] = f"{path}.{metadata['field']}" if metadata["field"] else path
    return item_pb2.Error(
        code=CODES[type(error)], reason=error.reason, message=error.message, metadata=metadata
    )
