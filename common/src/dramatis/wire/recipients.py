"""Attributes of recipients as messages."""

from collections.abc import Mapping

from dramatis.api.common.v1 import recipient_pb2 as pb
from dramatis.core.attributes import Attribute, AttributeKind, Attributes, Value
from dramatis.core.campaign import MICROS
from dramatis.core.errors import Invalid
from dramatis.wire.times import from_timestamp

_DAY = 86_400.0
_KINDS: Mapping[str, AttributeKind] = {
    "number": AttributeKind.NUMBER,
    "amount_micros": AttributeKind.AMOUNT,
    "rank": AttributeKind.RANK,
    "flag": AttributeKind.FLAG,
    "category": AttributeKind.CATEGORY,
    "time": AttributeKind.TIME,
    "affinity": AttributeKind.AFFINITY,
}
_FIELDS = {kind: name for name, kind in _KINDS.items()}


def to_attributes(attributes: Mapping[str, pb.AttributeValue], path: str = "") -> Attributes:
    """Values with their kinds. Unset ones are left out.

    Raises:
        Invalid: not finite or out of range; `field` names the attribute under `path`.
    """
    result: dict[str, Attribute] = {}
    for name, message in attributes.items():
        if (field := message.WhichOneof("kind")) is not None:
            try:
                result[name] = Attribute(_KINDS[field], _value(message, field))
            except Invalid as error:
                where = f"{path}attributes.{name}"
                raise Invalid(f"{where}: {error.message}", field=where) from None
    return result


def _value(message: pb.AttributeValue, field: str) -> Value:
    if field == "category":
        return message.category
    if field == "amount_micros":
        return message.amount_micros / MICROS
    if field == "time":
        return from_timestamp(message.time).timestamp() / _DAY
    return float(getattr(message, field))


def from_attribute(attribute: Attribute) -> pb.AttributeValue:
    """The message of one value; times to the microsecond, amounts to the micro."""
    message, value = pb.AttributeValue(), attribute.value
    match attribute.kind:
        case AttributeKind.AMOUNT:
            message.amount_micros = round(float(value) * MICROS)
        case AttributeKind.FLAG:
            message.flag = bool(value)
        case AttributeKind.TIME:
            message.time.FromMicroseconds(round(float(value) * _DAY * 1e6))
        case kind:
            setattr(message, _FIELDS[kind], value)
    return message
