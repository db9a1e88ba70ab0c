from dataclasses import dataclass, field
from datetime import UTC, datetime

from dramatis.runtime.envelope import seal
from dramatis.runtime.event_log import NewRecord
from dramatis.runtime.kafka.records import from_wire, size, to_wire


@dataclass
class Found:
    """As aiokafka gives it."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)
    partition: int = 3
    offset: int = 7
    timestamp: int = 1_700_000_000_000


def test_a_cloud_event_carries_its_id_once() -> None:
    record = seal(
        "plans",
        "acme",
        "e1",
        b"v",
        type_name="t",
        source="s",
        time=datetime(2026, 1, 1, tzinfo=UTC),
    )
    key, value, headers = to_wire(record, compacted=False)
    assert (key, value) == (b"acme", b"v")
    assert [text for name, text in headers if text == b"e1"] == [b"e1"]
    found = from_wire("plans", Found(key, value, list(headers)))
    assert (found.event_id, found.headers) == ("e1", record.headers)


def test_another_id_than_the_events_is_kept_beside_it() -> None:
    letter = NewRecord("dead-letters", "k", "place", b"v", {"ce_id": "e1"})
    found = from_wire("dead-letters", Found(b"k", b"v", list(to_wire(letter, compacted=False)[2])))
    assert found.event_id == "place"
    assert found.headers == {"ce_id": "e1"}


def test_only_in_a_compacted_topic_nothing_is_a_tombstone() -> None:
    record = NewRecord("consents", "k", "1", b"")
    assert to_wire(record, compacted=True)[1] is None
    assert to_wire(record, compacted=False)[1] == b""
    assert from_wire("consents", Found(b"k", None)).value == b""


def test_what_others_wrote_can_be_read() -> None:
    found = from_wire("plans", Found(None, b"v", [("h", None), ("x", b"\xff")]))
    assert (found.key, found.event_id) == ("", "plans:3:7")
    assert found.headers == {"h": "", "x": "\N{REPLACEMENT CHARACTER}"}
    assert found.time == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_the_size_counts_headers_too() -> None:
    assert size((b"key", b"value", [("name", b"text")])) == 3 + 5 + 4 + 4
    assert size((b"key", None, [])) == 3
