"""How many fields a serialised message has at its top: a million empty items are a few bytes each.

Parsed, each of them is an object. So they are counted before, on the bytes, and no further than
the limit.
"""

from typing import Final

from dramatis.core.errors import Invalid

MOST: Final = 20_000
"""Twice the largest batch that any method takes."""
SMALL_BYTES: Final = 256 << 10
"""What is shorter is not worth the counting."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def check(raw: bytes) -> None:
    """Lets pass what has few fields, and what cannot be counted: the parser says what that is.

    Raises:
        Invalid: there are more fields than any method takes.
    """
    if len(raw) > SMALL_BYTES and _more_than(raw, MOST):
        raise Invalid(
            f"a request has at most {MOST:,} items and fields: send several",
            reason="BATCH_SIZE",
            field="",
        )


def _more_than(raw: bytes, most: int) -> bool:
    at, count, end = 0, 0, len(raw)
    try:
        while at < end:
            count += 1
            if count > most:
                return True
            tag, at = _varint(raw, at)
            at = _after(raw, at, tag & 7)
    except (IndexError, ValueError):
        return False
    return False


def _after(raw: bytes, at: int, wire_type: int) -> int:
    """Where a field's value ends."""
    if wire_type == _BYTES:
        length, at = _varint(raw, at)
        return at + length
    if wire_type == _VARINT:
        return _varint(raw, at)[1]
    if wire_type in (_FIXED64, _FIXED32):
        return at + (8 if wire_type == _FIXED64 else 4)
    raise ValueError(f"no value of type {wire_type} has an end of its own")


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends."""
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("no number is so long")
