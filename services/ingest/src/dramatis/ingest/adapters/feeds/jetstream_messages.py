"""Events of Bluesky's Jetstream as items and removals."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from dramatis.ingest.domain.feeds.item import Entry, Item, Removal
from dramatis.ingest.domain.feeds.plain_text import MAX_TEXT, hashtags, language

POSTS: Final = "app.bsky.feed.post"
MAX_TAGS: Final = 16


@dataclass(frozen=True, slots=True)
class Event:
    """What one frame says.

    Attributes:
        time_us: microseconds from 1970 when the server saw it: the cursor.
        entry: a post, or what was taken back; None for all else.
    """

    time_us: int
    entry: Entry | None


def read(frame: str | bytes) -> Event:
    """An event from a frame.

    Raises:
        ValueError: the frame holds none, or half of one.
    """
    event = json.loads(frame)
    try:
        time_us = event["time_us"]
        if not isinstance(time_us, int) or isinstance(time_us, bool):
            raise ValueError("time_us is a whole number")
        return Event(time_us, _entry(event, datetime.fromtimestamp(time_us / 1e6, UTC)))
    except (KeyError, TypeError, AttributeError, OverflowError, OSError) as error:
        raise ValueError("not an event") from error


def _entry(event: Mapping[str, Any], time: datetime) -> Entry | None:
    author = str(event["did"])
    if event["kind"] == "account":
        return None if event["account"].get("active", True) else Removal(author=author)
    if event["kind"] != "commit" or event["commit"]["collection"] != POSTS:
        return None
    commit = event["commit"]
    address = f"at://{author}/{POSTS}/{commit['rkey']}"
    if commit["operation"] == "delete":
        return Removal(key=address)
    return _post(commit["record"], address, author, time)


def _post(record: Mapping[str, Any], address: str, author: str, time: datetime) -> Item | None:
    """A post, at the time when the server saw it: its own may say anything."""
    text = str(record["text"]).replace("\0", " ")[:MAX_TEXT]
    if not text.strip():
        return None
    spoken = record.get("langs") or [""]
    return Item(
        item_id=address,
        title=text,
        text=text,
        time=time,
        key=address,
        author=author,
        language_code=language(spoken[0]) if len(spoken) == 1 else "",
        tags=list(dict.fromkeys((*hashtags(text), *_tags(record))))[:MAX_TAGS],
    )


def _tags(record: Mapping[str, Any]) -> Iterator[str]:
    yield from map(str, record.get("tags") or ())
    for facet in record.get("facets") or ():
        for feature in facet.get("features") or ():
            if "tag" in feature:
                yield str(feature["tag"])
