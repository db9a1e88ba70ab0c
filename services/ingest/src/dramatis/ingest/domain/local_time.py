"""The hour and the part of the day where a recipient is."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def local_hour(time: datetime, zone: str) -> int | None:
    """The hour, 0..23, in an IANA zone; None where the zone is unknown.

    >>> from datetime import UTC
    >>> local_hour(datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "Europe/Berlin")
    0
    """
    known = _zone(zone)
    return None if known is None else _shifted(time, known)


def daypart(hour: int) -> str:
    """The part of the day.

    >>> [daypart(hour) for hour in (5, 6, 12, 18, 22)]
    ['night', 'morning', 'afternoon', 'evening', 'night']
    """
    if 6 <= hour <= 11:
        return "morning"
    if 12 <= hour <= 17:
        return "afternoon"
    return "evening" if 18 <= hour <= 21 else "night"


def _shifted(time: datetime, zone: ZoneInfo) -> int | None:
    try:
        return time.astimezone(zone).hour
    except OverflowError:  # the last hours of the year 9999
        return None


@lru_cache(maxsize=1_000)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
