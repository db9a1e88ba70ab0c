from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from dramatis.ingest.adapters.grpc_items import to_event
from tests.unit.ingest.fakes import message


def test_times_are_exact_to_the_last_microsecond() -> None:
    event = message("e1")
    event.event_time.CopyFrom(Timestamp(seconds=253_402_300_799, nanos=999_999_999))
    assert to_event(event).time == datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)
