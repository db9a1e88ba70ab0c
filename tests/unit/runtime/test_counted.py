import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramatis.api.ingest.v1 import ingest_pb2 as pb
from dramatis.core.errors import Invalid
from dramatis.runtime.interceptors import counted


def padded(raw: bytes) -> bytes:
    """With one more field in front, long enough to be counted at all."""
    text = bytes(counted.SMALL_BYTES)
    return b"\x0a" + bytes([len(text) & 127 | 128, len(text) >> 7 & 127 | 128, len(text) >> 14]) + text + raw  # fmt: skip


@pytest.mark.parametrize(("items", "good"), [(counted.MOST - 1, True), (counted.MOST, False)])
def test_as_many_as_any_method_takes(items: int, good: bool) -> None:
    request = pb.PublishEventsRequest(events=[{}] * items)
    raw = padded(request.SerializeToString())
    if good:
        counted.check(raw)
    else:
        with pytest.raises(Invalid, match="at most"):
            counted.check(raw)


def test_every_kind_of_value_is_counted_as_one() -> None:
    one = b"\x08\xff\x01\x11" + bytes(8) + b"\x1a\x02ab\x25" + bytes(4)
    counted.check(padded(one * (counted.MOST // 4 - 1)))
    with pytest.raises(Invalid):
        counted.check(padded(one * (counted.MOST // 4)))


def test_what_is_short_is_not_counted() -> None:
    counted.check(b"\x12\x00" * (counted.SMALL_BYTES // 2))


@given(st.binary(max_size=200))
def test_what_cannot_be_counted_is_left_to_the_parser(raw: bytes) -> None:
    counted.check(padded(raw))
