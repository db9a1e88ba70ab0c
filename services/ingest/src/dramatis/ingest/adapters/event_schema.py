"""What breaks the schema of a message, by the rules that the contract itself states.

The protos carry protovalidate's rules, so that clients of every language read the same ones. By
hand is checked only what they cannot say. It looks at every event: see docs/adr/0008.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TypeAlias

from google.protobuf.timestamp_pb2 import Timestamp
from protovalidate import Validator, Violation

from dramatis.api.common.v1 import event_pb2, recipient_pb2, signal_pb2
from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.core.errors import Invalid

MAX_ID: Final = 128
MAX_ATTRIBUTE_NAME: Final = 64
_NANOS: Final = 1_000_000_000
_NAMED: Final = {"recipient_updated": "attributes", "site": "properties"}

Attributes = Mapping[str, recipient_pb2.AttributeValue]
Checked: TypeAlias = (
    recipient_pb2.Recipient | ingest_pb2.ConsentStatement | event_pb2.Event | signal_pb2.Signal
)


def fault(event: event_pb2.Event, payload: str) -> Invalid | None:
    """The first thing wrong with an event, with the field's path in it; None if all is well."""
    found = broken(event) or time_fault(event.event_time, "event_time")
    if found or payload not in _NAMED:
        return found
    field = _NAMED[payload]
    return times_fault(getattr(getattr(event, payload), field), f"{payload}.{field}")


def recipient_fault(recipient: recipient_pb2.Recipient) -> Invalid | None:
    """The first thing wrong with a recipient; None if all is well."""
    return broken(recipient) or times_fault(recipient.attributes, "attributes")


def signal_fault(signal: signal_pb2.Signal) -> Invalid | None:
    """The first thing wrong with a signal; None if all is well."""
    return broken(signal) or time_fault(signal.signal_time, "signal_time")


def broken(message: Checked) -> Invalid | None:
    """The first of the contract's rules that a message breaks; None if it breaks none."""
    violations = _validator().collect_violations(message, fail_fast=True)
    return _fault(violations[0]) if violations else None


def bad(field: str, message: str) -> Invalid:
    """A fault in a field."""
    return Invalid(message, reason="INVALID_FIELD", field=field)


def id_fault(text: str, field: str) -> Invalid | None:
    """Whether a text may be an id. Databases end a text at a NUL, or refuse it: none is let in."""
    if 1 <= len(text) <= MAX_ID and "\0" not in text:
        return None
    return bad(field, f"{field} has 1..{MAX_ID} characters, none of them NUL, got {len(text)}")


def name_fault(name: str) -> str:
    """Whether an attribute may be called so: what is wrong, or nothing."""
    if 1 <= len(name) <= MAX_ATTRIBUTE_NAME and "\0" not in name:
        return ""
    return f"an attribute's name has 1..{MAX_ATTRIBUTE_NAME} characters, got {len(name)}"


def time_fault(at: Timestamp, field: str) -> Invalid | None:
    """Whether the parts of a second are such; the rules of timestamps look at seconds only."""
    return None if 0 <= at.nanos < _NANOS else bad(field, f"{field} has nanos in 0..999999999")


def times_fault(attributes: Attributes, path: str) -> Invalid | None:
    """The same of attributes that are points in time."""
    for name, value in attributes.items():
        found = time_fault(value.time, f"{path}.{name}.time") if value.HasField("time") else None
        if found:
            return found
    return None


@cache
def _validator() -> Validator:
    """It keeps the compiled rules, which takes milliseconds once."""
    return Validator()


def _fault(violation: Violation) -> Invalid:
    path = "".join(map(_step, violation.proto.field.elements)) if violation.proto.field else ""
    path = path.removeprefix(".")
    return bad(path, f"{path} {violation.proto.message}".lstrip())


def _step(element: Any) -> str:
    """One step of a path: ".name", ".name[3]" or ".name.key"."""
    at = element.subscript
    if at is None:
        return f".{element.field_name}"
    return f".{element.field_name}" + (f"[{at.value}]" if at.field == "index" else f".{at.value}")
