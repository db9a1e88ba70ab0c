"""GDELT DOC 2.0: articles of the world's news by search, one search a topic."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx2

from dramatis.ingest.adapters.feeds import gdelt_messages as messages
from dramatis.ingest.adapters.feeds.web import Web
from dramatis.ingest.domain.feeds.item import Batch
from dramatis.runtime.clock import Clock

ADDRESS: Final = "https://api.gdeltproject.org/api/v2/doc/doc"
MOST: Final = 250  # articles of one answer
SPACING_SECONDS: Final = 5.0  # as GDELT asks
OVERLAP: Final = timedelta(hours=1)  # articles come in with a delay
FIRST: Final = timedelta(days=1)
FARTHEST: Final = timedelta(days=85)  # it searches three months


@dataclass(frozen=True, slots=True)
class Gdelt:
    """A `Source` of articles.

    Attributes:
        web: asks.
        address: of the endpoint.
        searches: query by topic.
        interval: between two rounds.
        clock: where a window ends.
        spacing_seconds: between two requests.
    """

    web: Web
    address: str
    searches: Mapping[str, str]
    interval: timedelta
    clock: Clock
    spacing_seconds: float = SPACING_SECONDS

    async def batches(self, cursor: str) -> AsyncGenerator[Batch, None]:
        """See `Source`. The cursor holds, by topic, when the last article was seen."""
        reached: dict[str, str] = json.loads(cursor) if cursor else {}
        while True:
            for topic in self.searches:
                async for batch in self._window(topic, reached):
                    yield batch
            await asyncio.sleep(self.interval.total_seconds())

    async def _window(self, topic: str, reached: dict[str, str]) -> AsyncGenerator[Batch, None]:
        """Yields all articles from the last one on, oldest first, as many answers as it takes."""
        now = self.clock()
        last = datetime.fromisoformat(reached[topic]) if topic in reached else now - FIRST
        start = max(last - OVERLAP, now - FARTHEST)
        while True:
            page = await self.web.get(
                self._address(topic, start, now), spacing_seconds=self.spacing_seconds
            )
            found = messages.read(page.body, topic)
            last = min(max(last, found.latest or last), now)
            reached[topic] = last.astimezone(UTC).isoformat()
            broken = ["unusable_article"] * (found.found - len(found.items))
            full = found.found >= MOST
            stuck = full and (found.latest is None or found.latest <= start)
            broken += ["too_many_at_once"] * stuck
            yield Batch(found.items, json.dumps(reached), broken)
            if not full:
                return
            start = start + timedelta(seconds=1) if stuck else found.latest or start

    def _address(self, topic: str, start: datetime, end: datetime) -> str:
        query = {
            "query": self.searches[topic],
            "mode": "ArtList",
            "format": "json",
            "sort": "DateAsc",
            "maxrecords": str(MOST),
            "startdatetime": start.strftime("%Y%m%d%H%M%S"),
            "enddatetime": end.strftime("%Y%m%d%H%M%S"),
        }
        return str(httpx2.URL(self.address, params=query))


def query(words: Sequence[str], more: str = "") -> str:
    """A search for any of the words, in GDELT's syntax, and for all that `more` says.

    >>> query(["recession", "job losses"], "sourcelang:english")
    '(recession OR "job losses") sourcelang:english'
    """
    quoted = [f'"{each}"' if not each.isalnum() else each for each in words]
    either = f"({' OR '.join(quoted)})" if len(quoted) > 1 else "".join(quoted)
    return " ".join(filter(None, (either, more)))
