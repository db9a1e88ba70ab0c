"""Mastodon's JSON as items."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dramatis.ingest.domain.feeds.item import Item
from dramatis.ingest.domain.feeds.plain_text import language, plain

COUNTS = ("replies_count", "reblogs_count", "favourites_count")
MAX_TAGS = 16


def statuses(body: bytes) -> Sequence[Any]:
    """The statuses of a page, newest first.

    Raises:
        ValueError: it is no list in JSON.
    """
    page = json.loads(body)
    if not isinstance(page, list):
        raise ValueError("a page is a list")
    return page


def to_item(status: Any, host: str) -> Item | None:
    """A status as an item.

    None for a boost, whose words are another's, for what is not public, and for an author who
    does not want to be indexed.

    Raises:
        ValueError: it is not a status.
    """
    try:
        if not _is_open(status):
            return None
        warning, text = plain(status.get("spoiler_text") or ""), plain(status["content"])
        told = f"{warning}. {text}" if warning else text
        return Item(
            item_id=str(status.get("uri") or key_of(status["id"], host)),
            title=told,
            text=told,
            time=_time(status["created_at"]),
            key=key_of(status["id"], host),
            language_code=language(status.get("language")),
            tags=[str(tag["name"]) for tag in status.get("tags", ())[:MAX_TAGS]],
            reactions=sum(_count(status.get(name)) for name in COUNTS),
        )
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError("not a status") from error


def status_id(status: Any) -> str:
    """The id of a status on its server; empty where it has none."""
    found = status.get("id") if isinstance(status, Mapping) else None
    return found if isinstance(found, str) else ""


def key_of(found: object, host: str) -> str:
    """What a server calls a status when it was deleted: ids are the server's own."""
    return f"{host}/{found}"


def newest(ids: Sequence[str]) -> str:
    """The newest id: they grow, in length first."""
    return max(ids, key=lambda each: (len(each), each), default="")


def _is_open(status: Any) -> bool:
    return (
        status.get("visibility", "public") == "public"
        and not status.get("reblog")
        and not (status.get("account") or {}).get("noindex")
    )


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _count(found: object) -> int:
    return found if isinstance(found, int) and found > 0 else 0
