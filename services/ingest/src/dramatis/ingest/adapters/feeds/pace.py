"""Politeness towards a host: requests keep a distance, and wait as long as it asked for."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

MAX_WAIT_SECONDS: Final = 6 * 3600.0  # a host that asks for more is asked again by then


class Pace:
    """When each host may be asked next. Shared by all connectors of a process."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}

    async def turn(self, host: str, spacing_seconds: float) -> None:
        """Waits until the host may be asked, and takes the turn."""
        clock = asyncio.get_running_loop().time
        at = max(self._next.get(host, 0.0), clock())
        self._next[host] = at + spacing_seconds
        await asyncio.sleep(at - clock())

    def hold(self, host: str, seconds: float) -> None:
        """Nobody asks the host for so long."""
        until = asyncio.get_running_loop().time() + min(seconds, MAX_WAIT_SECONDS)
        self._next[host] = max(self._next.get(host, 0.0), until)


def retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """For how many seconds an answer asks to be left alone; 0 if it does not.

    It may say so by Retry-After, seconds or a date, or like Mastodon by X-RateLimit-Remaining 0
    and the time in X-RateLimit-Reset.
    """
    told = headers.get("retry-after", "").strip()
    if told.isdecimal():
        return min(float(told[:9]), MAX_WAIT_SECONDS)
    moment = _date(told) if told else None
    if moment is None and headers.get("x-ratelimit-remaining", "").strip() == "0":
        moment = _iso(headers.get("x-ratelimit-reset", ""))
    if moment is None:
        return 0.0
    return min(max((moment - now).total_seconds(), 0.0), MAX_WAIT_SECONDS)


def _date(text: str) -> datetime | None:
    try:
        return _aware(parsedate_to_datetime(text))
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> datetime | None:
    try:
        return _aware(datetime.fromisoformat(text))
    except ValueError:
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
