"""What a recipient is now, folded from the events that are held."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from dramatis.api.common.v1 import event_pb2, recipient_pb2
from dramatis.ingest.adapters.grpc_recipients import Folded
from dramatis.runtime.event_log import Record

DAY = datetime(2026, 5, 1, tzinfo=UTC)


def hour(hours: int) -> datetime:
    return DAY + timedelta(hours=hours)


def updated(at: int, number: float | None, ends: int | None = None) -> Record:
    """An age from some hour on, perhaps with an end; no number removes it."""
    event = event_pb2.Event(event_id=f"e{at}", recipient_id="r1")
    event.event_time.FromDatetime(hour(at))
    if number is None:
        event.recipient_updated.removed_attributes.append("age")
    else:
        value = recipient_pb2.AttributeValue(number=number)
        if ends is not None:
            value.expire_time.FromDatetime(hour(ends))
        event.recipient_updated.attributes["age"].CopyFrom(value)
    return Record(
        topic="recipient-events",
        partition=0,
        offset=at,
        key="acme/r1",
        event_id=event.event_id,
        time=hour(at),
        value=event.SerializeToString(),
        headers={},
    )


def ages(records: tuple[Record, ...], now: int) -> list[float]:
    folded = Folded()
    for each in records:
        folded.fold(each)
    return [value.number for value in folded.attributes(hour(now)).values()]


def test_the_newest_value_is_shown_until_it_ends_whatever_the_order() -> None:
    for records in permutations([updated(1, 30.0), updated(2, 40.0, ends=5)]):
        assert ages(records, 4) == [40.0]
        assert ages(records, 5) == []
    for records in permutations([updated(1, 30.0, ends=5), updated(2, None), updated(3, 50.0)]):
        assert ages(records, 9) == [50.0]
