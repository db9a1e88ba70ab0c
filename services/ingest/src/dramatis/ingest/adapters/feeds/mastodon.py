"""Mastodon: what was missed is read from a timeline, then its stream is followed.

The stream is opened first, so that nothing falls between the two; what comes by both ways is one
signal. Ids of posts that other servers deliver late are older than the newest: a little is always
read again.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import httpx2
from httpx2 import EventSource, ServerSentEvent

from dramatis.core.errors import Unavailable
from dramatis.ingest.adapters.feeds import mastodon_messages as messages
from dramatis.ingest.adapters.feeds.gather import gathered
from dramatis.ingest.adapters.feeds.web import Web, translated
from dramatis.ingest.domain.feeds.item import Batch, Entry, Removal

PAGE: Final = 40
MAX_PAGES: Final = 250  # of one catching up; the newest 10,000 that were missed
MAX_EVENT_BYTES: Final = 1 << 20
LATE_IDS: Final = 10 * 60 * 1000 << 16  # ids are milliseconds times 2^16: ten minutes of them


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where to read, relative to the server: all public posts, or those with a hashtag.

    Attributes:
        page: path of the timeline.
        stream: path of its stream.
        query: of both.
    """

    page: str
    stream: str
    query: Mapping[str, str] = field(default_factory=dict)


PUBLIC: Final = Timeline("/api/v1/timelines/public", "/api/v1/streaming/public")
LOCAL: Final = Timeline(
    "/api/v1/timelines/public", "/api/v1/streaming/public/local", {"local": "true"}
)


def of_tag(tag: str) -> Timeline:
    """The timeline of a hashtag, given without #."""
    return Timeline(f"/api/v1/timelines/tag/{tag}", "/api/v1/streaming/hashtag", {"tag": tag})


@dataclass(frozen=True, slots=True)
class Mastodon:
    """A `Source` on one timeline of one server.

    Attributes:
        web: asks the server.
        client: holds the stream.
        server: address of the API.
        streaming: address of the streaming API, often the same.
        timeline: which.
        interval: between two readings where the stream is not followed.
        follow: whether the stream is followed.
        token: of an application or account, where the server wants one.
        silence_seconds: a stream that says nothing for so long, not even that it lives, is dead.
    """

    web: Web
    client: httpx2.AsyncClient
    server: str
    streaming: str
    timeline: Timeline
    interval: timedelta
    follow: bool = True
    token: str = field(default="", repr=False)
    silence_seconds: float = 90.0

    async def batches(self, cursor: str) -> AsyncGenerator[Batch, None]:
        """See `Source`. The cursor is the newest id seen."""
        while True:
            reading = self._live(cursor) if self.follow else self._missed(cursor)
            async with aclosing(reading) as batches:
                async for batch in batches:
                    cursor = batch.cursor
                    yield batch
            if not self.follow:
                await asyncio.sleep(self.interval.total_seconds())

    async def _missed(self, cursor: str) -> AsyncGenerator[Batch, None]:
        """Yields the pages after the cursor, oldest first; without one only the newest page."""
        start = _earlier(cursor)
        for _ in range(MAX_PAGES):
            batch = await self._page(start, cursor)
            yield batch
            cursor, before = batch.cursor, start
            start = messages.newest([start, batch.cursor]) if start else batch.cursor
            if len(batch.entries) + len(batch.broken) < PAGE or start == before or not before:
                return

    async def _page(self, after: str, cursor: str) -> Batch:
        query = {**self.timeline.query, "limit": str(PAGE), **({"min_id": after} if after else {})}
        address = str(httpx2.URL(self.server + self.timeline.page, params=query))
        page = await self.web.get(address, self._headers())
        try:
            found = messages.statuses(page.body)
        except (ValueError, RecursionError):
            raise Unavailable("the timeline is no list", reason="BAD_ANSWER") from None
        return self._batch([("update", each) for each in reversed(found)], cursor)

    async def _live(self, cursor: str) -> AsyncGenerator[Batch, None]:
        address = httpx2.URL(self.streaming + self.timeline.stream, params=self.timeline.query)
        request = self.client.build_request(
            "GET",
            address,
            headers={"accept": "text/event-stream", **self._headers()},
            timeout=self.silence_seconds,
        )
        async with translated(), self.web.sent(request) as response:
            async for batch in self._missed(cursor):
                cursor = batch.cursor
                yield batch
            async with aclosing(gathered(_events(response))) as windows:
                async for events in windows:
                    batch = self._batch([_read(each) for each in events], cursor)
                    cursor = batch.cursor
                    yield batch
        raise Unavailable("the server ended the stream", reason="STREAM_ENDED")

    def _headers(self) -> Mapping[str, str]:
        authorization = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return {"accept-encoding": "identity", **authorization}

    def _batch(self, events: Sequence[tuple[str, Any]], cursor: str) -> Batch:
        """What events say: a status that is new or was edited, or the id of one that is gone."""
        host = httpx2.URL(self.server).host
        entries: list[Entry] = []
        broken: list[str] = []
        for kind, told in events:
            try:
                if kind == "delete":
                    entries.append(Removal(key=messages.key_of(told, host)))
                elif kind in ("update", "status.update"):
                    item = messages.to_item(told, host)
                    entries += [item] if item else []
                elif kind == "broken":
                    broken.append("broken_json")
            except ValueError:
                broken.append("not_a_status")
        seen = [messages.status_id(told) for kind, told in events if kind == "update"]
        return Batch(entries, messages.newest([cursor, *seen]), broken)


def _earlier(cursor: str) -> str:
    """Where to read on: a little before the newest id, where ids tell the time."""
    return str(max(int(cursor) - LATE_IDS, 0)) if cursor.isdecimal() else cursor


async def _events(response: httpx2.Response) -> AsyncIterator[ServerSentEvent]:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Unavailable("the stream is packed", reason="BAD_ENCODING")
    async for event in EventSource(response, max_event_size=MAX_EVENT_BYTES):
        yield event


def _read(event: ServerSentEvent) -> tuple[str, Any]:
    """The kind of an event and what it says; of a deleted status the id."""
    if event.event == "delete":
        return "delete", event.data.strip()
    try:
        return event.event, json.loads(event.data)
    except (ValueError, RecursionError):
        return "broken", None
