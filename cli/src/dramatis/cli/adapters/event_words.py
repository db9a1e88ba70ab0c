"""The words of events that a mapping of a file may use, taken from the contract itself."""

from collections.abc import Iterator, Mapping
from typing import Final

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from dramatis.api.common.v1 import consent_pb2, event_pb2
from dramatis.cli.bulk.mapping_file import Vocabulary

PARTS: Final = ("context", "attribution")
"""Fields of an event that any kind may have."""
_EVENT: Final = event_pb2.Event.DESCRIPTOR
_UPDATE: Final = "recipient_updated"

PURPOSES: Final = {
    name.removeprefix("CONSENT_PURPOSE_").lower(): number
    for name, number in consent_pb2.ConsentPurpose.items()
    if number
}
DATA_TYPES: Final = {
    name.removeprefix("CONSENT_DATA_TYPE_").lower() if number else "all": number
    for name, number in consent_pb2.ConsentDataType.items()
}
STATES: Final = {
    name.removeprefix("CONSENT_STATE_").lower(): number
    for name, number in consent_pb2.ConsentState.items()
    if number
}


def words(enum: EnumDescriptor) -> Mapping[str, int]:
    """The values of an enum as people write them: ORDER_EVENT_KIND_COMPLETED is `completed`."""
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return {
        each.name.removeprefix(prefix).lower(): each.number for each in enum.values if each.number
    }


def _payloads() -> Iterator[tuple[str, Descriptor]]:
    for field in _EVENT.oneofs_by_name["payload"].fields:
        if field.name != _UPDATE and field.message_type is not None:
            yield field.name, field.message_type


def _kinds() -> Iterator[tuple[str, tuple[str, int]]]:
    """Yields kind, and the payload and number that it stands for."""
    for payload, message in _payloads():
        kind = message.fields_by_name.get("kind")
        if kind is None or kind.enum_type is None:
            yield payload, (payload, 0)
        else:
            for word, number in words(kind.enum_type).items():
                yield f"{payload}.{word}", (payload, number)


def _parts() -> Iterator[tuple[str, Descriptor]]:
    """Yields the messages inside an event, and what they are called there."""
    yield from _payloads()
    for name in PARTS:
        if (message := _EVENT.fields_by_name[name].message_type) is not None:
            yield name, message


def _fields() -> Iterator[tuple[str, FieldDescriptor]]:
    for part, message in _parts():
        for field in message.fields:
            if not (field.name == "kind" and field.enum_type) and not _is_map(field):
                yield f"{part}.{field.name}", field


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


KINDS: Final = dict(_kinds())
"""Payload and number of its `kind` by word; 0 where the payload has no numbered kind."""
FIELDS: Final = dict(_fields())
MAPS: Final = {
    f"{part}.{field.name}."
    for part, message in _parts()
    for field in message.fields
    if _is_map(field)
}
"""What the names of fields begin with that hold attributes by name, such as "site.properties."."""


def vocabulary() -> Vocabulary:
    """All that a mapping may say."""
    kinds = {kind: payload for kind, (payload, _) in KINDS.items()}
    return Vocabulary(kinds, FIELDS.keys(), MAPS, PURPOSES.keys(), DATA_TYPES.keys())
