"""Messages of any type of the contract, as hypothesis makes them up from the descriptors.

Half of what is made up is near to what makes sense: ids from a small pool, times of these years,
kinds that exist. The other half is whatever the wire can carry: NUL, numbers that are none, times
long before and after, negative prices, values that no enum has.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, TypeAlias

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

Messages: TypeAlias = "st.SearchStrategy[Message]"
Values: TypeAlias = "st.SearchStrategy[Any]"

MAX_DEPTH: Final = 6
IDS: Final = [f"id-{each}" for each in range(8)]
_INTEGERS: Mapping[int, tuple[int, int]] = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_NEAR: Final = st.sampled_from(IDS)
_TEXTS: Final = st.one_of(
    _NEAR,
    _NEAR,
    _NEAR,
    st.sampled_from(["", "\0", "a\0b", "control", "ann@example.org", "192.0.2.7", "%", "' OR 1=1", "x" * 300]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)  # fmt: skip
_NOW: Final = st.integers(1_700_000_000, 1_790_000_000)
_SECONDS: Final = st.one_of(
    _NOW,
    _NOW,
    _NOW,
    st.sampled_from([0, 1, -1, 4_102_444_800, 253_402_300_799, 253_402_300_800, -62_135_596_801, 2**62, -(2**63)]),
)  # fmt: skip
_NANOS: Final = st.one_of(
    st.just(0),
    st.just(0),
    st.just(0),
    st.sampled_from([1, -1, 999_999_999, 1_000_000_000, 2**31 - 1, -(2**31)]),
)
_DOUBLES: Final = st.one_of(
    st.floats(0, 1), st.floats(0, 1), st.sampled_from([0.0, -1.0, 1e308, float("nan"), float("inf"), -0.0]), st.floats()
)  # fmt: skip


@cache
def messages(full_name: str, depth: int = 0) -> Messages:
    """Messages of a type, with what they hold down to a depth."""
    descriptor = Default().FindMessageTypeByName(full_name)
    if full_name in ("google.protobuf.Timestamp", "google.protobuf.Duration"):
        fields = st.fixed_dictionaries({"seconds": _SECONDS, "nanos": _NANOS})
    else:
        fields = _fields(descriptor, depth)
    return fields.map(lambda values: _made(descriptor, values))


def _made(descriptor: Descriptor, values: Mapping[str, Any]) -> Message:
    made = GetMessageClass(descriptor)()
    for name, value in values.items():
        if isinstance(value, dict):
            _fill_map(getattr(made, name), value)
        elif isinstance(value, list):
            getattr(made, name).extend(value)
        elif isinstance(value, Message):
            getattr(made, name).CopyFrom(value)
        else:
            setattr(made, name, value)
    return made


def _fill_map(target: Any, values: Mapping[Any, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Message):
            target[key].CopyFrom(value)
        else:
            target[key] = value


def _fields(descriptor: Descriptor, depth: int) -> "st.SearchStrategy[dict[str, Any]]":
    """Any of the fields, most of the time most of them; of a oneof the last wins."""
    optional = {
        field.name: _field(field, depth)
        for field in descriptor.fields
        if depth < MAX_DEPTH or field.message_type is None
    }
    whole = st.fixed_dictionaries(optional)
    return st.one_of(whole, st.fixed_dictionaries({}, optional=optional))


def _field(field: FieldDescriptor, depth: int) -> Values:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        entry = field.message_type.fields_by_name
        key, value = _value(entry["key"], depth), _value(entry["value"], depth)
        return st.dictionaries(key, value, max_size=3)
    one = _value(field, depth)
    return st.lists(one, max_size=3) if field.is_repeated else one


def _value(field: FieldDescriptor, depth: int) -> Values:
    if field.message_type is not None:
        return st.deferred(lambda: messages(field.message_type.full_name, depth + 1))
    if field.enum_type is not None:
        return _enum(field.enum_type)
    if field.cpp_type in _INTEGERS:
        return _integer(*_INTEGERS[field.cpp_type])
    if field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return _DOUBLES
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return st.booleans()
    return st.binary(max_size=20) if field.type == FieldDescriptor.TYPE_BYTES else _TEXTS


def _integer(least: int, most: int) -> Values:
    near = st.integers(max(least, -2), 30)
    return st.one_of(near, st.sampled_from([least, most, 0]), st.integers(least, most))


def _enum(enum: EnumDescriptor) -> Values:
    known = st.sampled_from([value.number for value in enum.values])
    return st.one_of(known, known, known, st.sampled_from([99, -1, 2**31 - 1]))
