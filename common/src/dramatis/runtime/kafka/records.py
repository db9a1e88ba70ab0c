"""Records as Kafka carries them: CloudEvents binary mode, headers as they are."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dramatis.runtime.event_log import NewRecord, Record

Wire = tuple[bytes, bytes | None, Sequence[tuple[str, bytes]]]

EVENT_ID = "ce_id"
OTHER_ID = "dramatis_record_id"  # where the record's id is not the `ce_id` that it carries


def to_wire(record: NewRecord, compacted: bool) -> Wire:
    """Key, value and headers. In a compacted topic an empty value becomes a tombstone."""
    headers = [(name, text.encode()) for name, text in record.headers.items()]
    if record.headers.get(EVENT_ID) != record.event_id:
        headers.append((OTHER_ID, record.event_id.encode()))
    return record.key.encode(), None if compacted and not record.value else record.value, headers


def from_wire(topic: str, found: Any) -> Record:
    """The record in a ConsumerRecord; one that others wrote may lack a key and an id."""
    headers = {name: _text(value) for name, value in found.headers}
    place = f"{topic}:{found.partition}:{found.offset}"
    event_id = headers.pop(OTHER_ID, None) or headers.get(EVENT_ID, place)
    return Record(
        topic=topic,
        partition=found.partition,
        offset=found.offset,
        time=datetime.fromtimestamp(max(found.timestamp, 0) / 1000, UTC),
        key=_text(found.key),
        event_id=event_id,
        value=found.value or b"",
        headers=headers,
    )


def size(wire: Wire) -> int:
    """Bytes that the record takes, before compression."""
    key, value, headers = wire
    return len(key) + len(value or b"") + sum(len(name) + len(text) for name, text in headers)


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")
