"""What is known of a recipient as JSON: one short list per attribute."""

import json
from collections.abc import Mapping

from dramatis.core.attributes import Attribute, AttributeKind, Attributes
from dramatis.persona.domain.profile import Known

_KINDS = tuple(AttributeKind)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
_write = json.JSONEncoder(separators=(",", ":")).encode


def dump(known: Mapping[str, Known]) -> str:
    """[kind, value, time] by name; kind and value are null for what was removed."""
    rows = {
        name: [_NUMBERS[k.attribute.kind], k.attribute.value, k.time]
        if k.attribute
        else [None, None, k.time]
        for name, k in known.items()
    }
    return _write(rows)


def load(text: str) -> Mapping[str, Known]:
    """What `dump` wrote."""
    return {
        name: Known(None if kind is None else Attribute(_KINDS[kind], value), time)
        for name, (kind, value, time) in json.loads(text).items()
    }


def attributes(text: str) -> Attributes:
    """What is known now, of what `dump` wrote."""
    return {
        name: Attribute(_KINDS[kind], value)
        for name, (kind, value, _) in json.loads(text).items()
        if kind is not None
    }
