"""Aware UTC datetimes as `Timestamp` messages."""

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from dramatis.core.errors import Invalid


def to_timestamp(time: datetime) -> Timestamp:
    """The message, to the microsecond."""
    stamp = Timestamp()
    stamp.FromDatetime(time.astimezone(UTC))
    return stamp


def from_timestamp(stamp: Timestamp, field: str = "time") -> datetime:
    """The time, to the microsecond.

    Raises:
        Invalid: outside the years 1 to 9999; `field` names where it was.
    """
    try:
        return stamp.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Invalid(f"{field} is outside the years 1 to 9999", field=field) from None
