"""Attributes of many recipients, read column by column: the hottest loop of the service.

Only what the tables' encoder asks for is read. The kind of a column is taken from its first value
and tried first; a value of another kind, or a zero, is looked at more closely.
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Final

from dramatis.api.common.v1.recipient_pb2 import AttributeValue
from dramatis.core.campaign import MICROS
from dramatis.prioritizer.domain.encoder import MISSING, Columns, Encoder

Given = Mapping[str, AttributeValue]

_DAY: Final = 86_400.0
_PLAIN: Final = {name: attrgetter(name) for name in ("number", "rank", "affinity", "flag")}


def read(encoder: Encoder, given: Sequence[Given]) -> Columns:
    """What an encoder needs of R recipients; an attribute of the wrong kind is missing."""
    if len(given) == 1:
        get = given[0].get
        return Columns(
            [[_number(get(name))] for name in encoder.numbers],
            [[_level(get(name))] for name in encoder.levels],
        )
    return Columns(
        [_numbers([each.get(name) for each in given]) for name in encoder.numbers],
        [_levels([each.get(name) for each in given]) for name in encoder.levels],
    )


def _numbers(values: Sequence[AttributeValue | None]) -> Sequence[float]:
    first = next((value for value in values if value is not None), None)
    field = None if first is None else first.WhichOneof("kind")
    if field in _PLAIN:
        plain = _PLAIN[field]
        return [MISSING if v is None else plain(v) or _number(v) for v in values]
    return [_number(value) for value in values]


def _number(value: AttributeValue | None) -> float:
    field = None if value is None else value.WhichOneof("kind")
    if value is None or field is None or field == "category":
        return MISSING
    if field == "amount_micros":
        return value.amount_micros / MICROS
    if field == "time":
        return (value.time.seconds + value.time.nanos / 1e9) / _DAY
    return float(getattr(value, field))


def _levels(values: Sequence[AttributeValue | None]) -> Sequence[str | None]:
    return [None if value is None else value.category or _level(value) for value in values]


def _level(value: AttributeValue | None) -> str | None:
    return None if value is None or not value.HasField("category") else value.category
