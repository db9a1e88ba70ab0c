"""What is known of a recipient as JSON: one short list per attribute."""

import json
from collections.abc import Mapping
from typing import Any

from dramatis.core.attributes import Attribute, AttributeKind, Attributes
from dramatis.persona.domain.profile import Known

_KINDS = tuple(AttributeKind)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}
_write = json.JSONEncoder(separators=(",", ":")).encode


def dump(known: Mapping[str, Known]) -> str:
    """[kind, value, time] by name, and when it ends if it does; null kind and value if removed."""
    return _write({name: _row(each) for name, each in known.items()})


def load(text: str) -> Mapping[str, Known]:
    """What `dump` wrote."""
    return {
        name: Known(None if kind is None else Attribute(_KINDS[kind], value), time, *ends)
        for name, (kind, value, time, *ends) in json.loads(text).items()
    }


def attributes(text: str, now: float) -> Attributes:
    """What is known at a moment, seconds since 1970, of what `dump` wrote."""
    return {
        name: Attribute(_KINDS[kind], value)
        for name, (kind, value, _, *ends) in json.loads(text).items()
        if kind is not None and not (ends and ends[0] <= now)
    }


def _row(known: Known) -> list[Any]:
    told = known.attribute
    if told is None:
        return [None, None, known.time]
    ends = () if known.ends is None else (known.ends,)
    return [_NUMBERS[told.kind], told.value, known.time, *ends]


def newest(text: str) -> float:
    """When the last attribute came or went, of what `dump` wrote; 0 where none did."""
    return max((float(row[2]) for row in json.loads(text).values()), default=0.0)
