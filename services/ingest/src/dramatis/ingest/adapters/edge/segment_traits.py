"""Traits of a recipient as attributes.

Segment reserves names for what identifies a person (https://segment.com/docs/connections/spec/identify/):
those are not read. Nor are lists and objects, which no attribute can hold.
"""

from collections.abc import Mapping
from typing import Any, Final

from dramatis.api.common.v1 import recipient_pb2
from dramatis.ingest.adapters.edge.fields import Json, bad, fit
from dramatis.ingest.domain.addresses import is_email

IDENTIFYING: Final = frozenset(
    {
        "address", "avatar", "birthday", "description", "email", "firstName", "first_name", "id",
        "ip", "lastName", "last_name", "name", "phone", "title", "username", "website",
    }
)  # fmt: skip


def to_attributes(traits: Json, path: str = "traits") -> Mapping[str, recipient_pb2.AttributeValue]:
    """Attributes by name; a trait that is null, nested or identifies a person is left out.

    Raises:
        Invalid: a trait holds what is no text.
    """
    found = {
        fit(name, path): _value(f"{path}.{name}", name, value) for name, value in traits.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _value(path: str, name: str, value: Any) -> recipient_pb2.AttributeValue | None:
    if name in IDENTIFYING:
        return None
    if isinstance(value, bool):
        return recipient_pb2.AttributeValue(flag=value)
    if isinstance(value, int | float):
        return _number(path, value)
    if isinstance(value, str) and value and not is_email(value):
        return recipient_pb2.AttributeValue(category=fit(value, path))
    return None


def _number(path: str, value: float) -> recipient_pb2.AttributeValue:
    try:
        return recipient_pb2.AttributeValue(number=float(value))
    except OverflowError:
        raise bad(path, "is larger than any number") from None
