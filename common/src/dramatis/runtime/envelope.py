"""A record's CloudEvents 1.0 attributes, in the header names of the Kafka binary mode."""

import json
from collections.abc import Mapping
from datetime import datetime

from dramatis.core.errors import DramatisError
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
    }
    if extra:
        headers |= extra
    return NewRecord(topic, key, event_id, value, headers)


def reasons(
    error: DramatisError, group: str, topic: str, key: str, event_id: str, *,
    place: tuple[int, int] | None = None,
) -> Mapping[str, str]:  # fmt: skip
    """The headers of a dead letter that say why, and what it would have been.

    Args:
        error: why.
        group: who could not use it.
        topic, key, event_id: of the record, or of what never became one.
        place: its partition and offset; None where it never got into its topic.
    """
    partition, offset = place or ("", "")
    return {
        "dramatis_reason": error.reason,
        "dramatis_message": error.message,
        "dramatis_group": group,
        "dramatis_topic": topic,
        "dramatis_partition": str(partition),
        "dramatis_offset": str(offset),
        "dramatis_key": key,
        "dramatis_event_id": event_id,
        "dramatis_error_metadata": json.dumps(error.metadata),
    }
