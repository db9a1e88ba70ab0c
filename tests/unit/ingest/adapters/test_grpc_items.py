from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from dramatis.api.common.v1 import event_pb2
from dramatis.ingest.adapters.grpc_items import to_event
from tests.unit.ingest.fakes import message


def test_times_are_exact_to_the_last_microsecond() -> None:
    event = message("e1")
    event.event_time.CopyFrom(Timestamp(seconds=253_402_300_799, nanos=999_999_999))
    assert to_event(event).time == datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)


@pytest.mark.parametrize(
    ("kind", "bounce", "stop"),
    [
        ("BOUNCED", "HARD", "bounced"),
        ("BOUNCED", "UNSPECIFIED", "bounced"),
        ("BOUNCED", "SOFT", ""),
        ("COMPLAINED", "UNSPECIFIED", "complained"),
        ("DEFERRED", "UNSPECIFIED", ""),
    ],
)
def test_what_ends_marketing(kind: str, bounce: str, stop: str) -> None:
    event = message(
        "e1",
        message=event_pb2.MessageEvent(
            kind=event_pb2.MessageEventKind.Value(f"MESSAGE_EVENT_KIND_{kind}"),
            bounce=event_pb2.BounceKind.Value(f"BOUNCE_KIND_{bounce}"),
        ),
    )
    assert to_event(event).stop == stop
