"""The time, as an argument: code that needs it takes a `Clock`, tests hand in another."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)
