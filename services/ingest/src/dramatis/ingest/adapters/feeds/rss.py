"""RSS and Atom: the feed is asked whether it changed, and read if so."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from dramatis.ingest.adapters.feeds.rss_reader import Reader
from dramatis.ingest.adapters.feeds.web import NOT_MODIFIED, Page, Web
from dramatis.ingest.domain.feeds.item import Batch
from dramatis.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class Rss:
    """A `Source` that reads one feed, again and again."""

    web: Web
    reader: Reader
    address: str
    interval: timedelta
    clock: Clock

    async def batches(self, cursor: str) -> AsyncGenerator[Batch, None]:
        """See `Source`. The cursor holds the validators of the last page."""
        while True:
            page = await self.web.get(self.address, conditions(cursor))
            if page.status == NOT_MODIFIED:
                batch = Batch((), cursor)
            else:
                found = await self.reader.read(page.body, self.address, self.clock())
                whole = not {"broken_xml", "no_feed"} & set(found.broken)  # else read it again
                batch = Batch(found.items, validators(page) if whole else cursor, found.broken)
            cursor = batch.cursor
            yield batch
            await asyncio.sleep(self.interval.total_seconds())


def conditions(cursor: str) -> Mapping[str, str]:
    """The headers that ask for a page only if it is another than the last."""
    if not cursor:
        return {}
    last = json.loads(cursor)
    asked = {"if-none-match": last["etag"], "if-modified-since": last["modified"]}
    return {name: value for name, value in asked.items() if value}


def validators(page: Page) -> str:
    """The cursor after a page."""
    etag, modified = page.headers.get("etag", ""), page.headers.get("last-modified", "")
    return json.dumps({"etag": etag, "modified": modified})
