"""What the wire can carry and nobody should send: a clear status with the field's path, no harm."""

import gzip
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from dramatis.api.common.v1 import event_pb2, item_pb2, recipient_pb2
from dramatis.api.ingest.v1 import ingest_pb2 as pb
from dramatis.runtime import status
from tests.integration.ingest.conftest import KEYS, Ingest

Code = grpc.StatusCode
METADATA = (("authorization", f"Bearer {KEYS['acme']}"),)
PUBLISH = "/dramatis.api.ingest.v1.IngestService/PublishEvents"
MAX_MESSAGE = 4 << 20


@pytest.fixture(scope="module")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingest]:
    made = Ingest(tmp_path_factory.mktemp("state"))
    yield made
    made.kill()


@pytest.fixture(scope="module")
def channel(ingest: Ingest) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(f"127.0.0.1:{ingest.port()}") as channel:
        yield channel


def event(event_id: str, **fields: Any) -> event_pb2.Event:
    made = event_pb2.Event(event_id=event_id, recipient_id="r1")
    made.event_time.FromSeconds(1_760_000_000)
    made.MergeFrom(event_pb2.Event(**fields))
    if made.WhichOneof("payload") is None:
        made.site.kind = event_pb2.SITE_EVENT_KIND_PAGE_VIEWED
    return made


def send(channel: grpc.Channel, body: bytes, **options: Any) -> pb.PublishEventsResponse:
    answer = channel.unary_unary(PUBLISH)(body, metadata=METADATA, timeout=30, **options)
    return pb.PublishEventsResponse.FromString(answer)


def refused(channel: grpc.Channel, body: bytes, **options: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        send(channel, body, **options)
    return caught.value


def resident_bytes(ingest: Ingest) -> int:
    """Memory of the process, from Linux."""
    with open(f"/proc/{ingest.process.pid}/statm") as file:
        return int(file.read().split()[1]) * 4_096


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xff\xff",
        b"\x0a\x03a",  # shorter than it says
        b"\x0a\x04\xed\xa0\x80a",  # a lone surrogate
        b"\x0a\x02\xff\xfe",  # no UTF-8
    ],
)
def test_bytes_that_are_no_message(channel: grpc.Channel, body: bytes) -> None:
    error = refused(channel, body)
    info = status.error_info(error)
    assert error.code() is Code.INVALID_ARGUMENT
    assert info is not None
    assert info.reason == "MALFORMED_MESSAGE"


def test_a_message_that_is_too_large(channel: grpc.Channel) -> None:
    assert refused(channel, b"\x0a" * (MAX_MESSAGE + 1)).code() is Code.RESOURCE_EXHAUSTED


def test_a_gzip_bomb(channel: grpc.Channel, ingest: Ingest) -> None:
    bomb = bytes(256 << 20)
    assert len(gzip.compress(bomb[: 1 << 20])) < 2_000
    before = resident_bytes(ingest)
    error = refused(channel, bomb, compression=grpc.Compression.Gzip)
    assert error.code() is Code.RESOURCE_EXHAUSTED
    assert resident_bytes(ingest) - before < 64 << 20


def test_a_million_items(channel: grpc.Channel, ingest: Ingest) -> None:
    before = resident_bytes(ingest)
    error = refused(channel, b"\x0a\x01q" + b"\x12\x00" * 1_000_000)
    info = status.error_info(error)
    assert error.code() is Code.INVALID_ARGUMENT
    assert info is not None
    assert info.reason == "BATCH_SIZE"
    assert resident_bytes(ingest) - before < 32 << 20


def at(year: int) -> Any:
    made = event(f"in {year}")
    made.event_time.FromDatetime(datetime(year, 1, 1, tzinfo=UTC))
    return made


ORDER = {"kind": event_pb2.ORDER_EVENT_KIND_COMPLETED}
NAN = recipient_pb2.AttributeValue(number=math.nan)
ITEMS: list[tuple[event_pb2.Event, str, str]] = [
    (event("a\0b"), "REJECTED", "event_id"),
    (event("e2", support=event_pb2.SupportEvent(sentiment=math.nan)), "REJECTED", "support.sentiment"),
    (event("e3", order={**ORDER, "amount": {"micros": -1}}), "REJECTED", "order.amount"),
    (event("e4", site={"kind": 2, "price": {"micros": -(2**63)}}), "REJECTED", "site.price"),
    (event("e5", recipient_updated={"attributes": {"age": NAN}}), "REJECTED", "recipient_updated.attributes.age.number"),
    (at(1970), "REJECTED", "event_time"),
    (at(2100), "QUARANTINED", "event_time"),
    (at(1971), "ACCEPTED", ""),
]  # fmt: skip


def test_bad_items_are_named_and_harm_no_other(channel: grpc.Channel) -> None:
    request = pb.PublishEventsRequest(request_id="bad", events=[each for each, _, _ in ITEMS])
    results = send(channel, request.SerializeToString()).results
    found = [
        (item_pb2.ItemOutcome.Name(each.outcome), each.error.metadata["field"]) for each in results
    ]
    assert found == [
        (f"ITEM_OUTCOME_{outcome}", f"events[{place}].{field}" if field else "")
        for place, (_, outcome, field) in enumerate(ITEMS)
    ]


def test_a_stream_whose_caller_leaves_harms_no_other(channel: grpc.Channel) -> None:
    windows = [
        pb.StreamEventsRequest(
            sequence=number, events=[event(f"left {number}-{each}") for each in range(500)]
        ).SerializeToString()
        for number in range(1, 9)
    ]
    path = PUBLISH.replace("PublishEvents", "StreamEvents")
    for _ in range(5):
        call = channel.stream_stream(path)(iter(windows), metadata=METADATA, timeout=30)
        next(call)
        call.cancel()
    answers = list(channel.stream_stream(path)(iter(windows), metadata=METADATA, timeout=30))
    assert [pb.StreamEventsResponse.FromString(each).sequence for each in answers] == list(
        range(1, 9)
    )
