"""A record's CloudEvents 1.0 attributes, in the header names of the Kafka binary mode."""

from collections.abc import Mapping
from datetime import datetime

from dramatis.runtime.event_log import NewRecord

CONTENT_TYPE = "application/protobuf"


def seal(
    topic: str,
    key: str,
    event_id: str,
    value: bytes,
    *,
    type_name: str,
    source: str,
    time: datetime,
    extra: Mapping[str, str] | None = None,
) -> NewRecord:
    """A record that says what it holds.

    Args:
        topic: where to.
        key: decides the partition.
        event_id: unique per thing that happened, `ce_id`.
        value: the payload, a serialised protobuf message.
        type_name: full name of the message in `value`, `ce_type`.
        source: the service that writes it, such as `dramatis/ingest`, `ce_source`.
        time: when the thing happened (not when it was written), aware, `ce_time`.
        extra: further headers, such as `traceparent`.
    """
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_type": type_name,
        "ce_source": source,
        "ce_time": time.isoformat(),
        "content-type": CONTENT_TYPE,
        **(extra or {}),
    }
    return NewRecord(topic, key, event_id, value, headers)
