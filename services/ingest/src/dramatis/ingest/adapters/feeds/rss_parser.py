"""A feed's bytes as items; what is broken is counted, and the rest is used."""

import calendar
import io
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import feedparser

from dramatis.ingest.domain.feeds.item import Item
from dramatis.ingest.domain.feeds.plain_text import language, plain

MAX_ENTRIES: Final = 1_000
MAX_TAGS: Final = 16
_GLOBAL = ("http://", "https://", "urn:", "tag:")
_HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)


@dataclass(frozen=True, slots=True)
class Found:
    """The items of a feed, and what could not be read, by reason."""

    items: Sequence[Item]
    broken: Sequence[str]


def parse(body: bytes, address: str, now: datetime) -> Found:
    """The newest items of a feed, at most 1,000.

    Args:
        body: RSS or Atom, as well-formed as it may be.
        address: where it is from; makes ids unique that are not.
        now: time of items that do not say theirs.
    """
    try:
        # A stream, for bytes that are the name of a file would be opened.
        feed = feedparser.parse(
            io.BytesIO(body),
            response_headers={"content-location": address},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception:  # bytes that nobody thought of raise whatever they happen to hit
        return Found((), ["broken_xml"])
    spoken = language(feed.feed.get("language"))
    items = [_item(each, address, spoken, now) for each in feed.entries[:MAX_ENTRIES]]
    sound = [each for each in items if each is not None]
    return Found(sound, list(_broken(feed, len(items) - len(sound))))


def _item(entry: Any, address: str, spoken: str, now: datetime) -> Item | None:
    """An entry as an item; None where it has no words or nothing to call it by."""
    title, told = plain(str(entry.get("title", ""))), plain(str(entry.get("summary", "")))
    name = str(entry.get("id") or entry.get("link") or "")
    if not (name and (title or told)):
        return None
    detail: Mapping[str, Any] = entry.get("title_detail") or {}
    return Item(
        item_id=name if name.startswith(_GLOBAL) else f"{address}#{name}",
        title=title or told,
        text=f"{title}. {told}" if title and told else title or told,
        time=_time(entry, now),
        language_code=language(entry.get("language") or detail.get("language")) or spoken,
        tags=[plain(str(tag.get("term"))) for tag in entry.get("tags", ())[:MAX_TAGS]],
    )


def _time(entry: Any, now: datetime) -> datetime:
    """When it was published; now where that is missing, impossible or yet to come."""
    # As a plain dict: feedparser's own look-up takes one date for the other, and warns of it.
    updated = dict.get(entry, "updated_parsed")
    told: time.struct_time | None = entry.get("published_parsed") or updated
    if told is None:
        return now
    try:
        return min(datetime.fromtimestamp(calendar.timegm(told), UTC), now)
    except (ValueError, OverflowError, OSError):
        return now


def _broken(feed: Any, unusable: int) -> Iterator[str]:
    yield from ["unusable_entry"] * unusable
    fault = feed.get("bozo_exception")
    if feed.bozo and not isinstance(fault, _HARMLESS):
        yield "broken_xml"
    elif not feed.get("version"):
        yield "no_feed"
