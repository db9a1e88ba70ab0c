import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx2
import pytest
from starlette.responses import Response

from dramatis.core.errors import Unavailable
from dramatis.ingest.adapters.feeds.mastodon import LATE_IDS, PUBLIC, Mastodon, of_tag
from dramatis.ingest.adapters.feeds.web import Web
from dramatis.ingest.domain.feeds.item import Item, Removal
from tests.integration.ingest.feeds import take
from tests.integration.ingest.feeds.conftest import SOON
from tests.integration.ingest.feeds.servers import MastodonServer, raw, status, web

FIRST = 116_500_000_000_000_000


@pytest.fixture
def server() -> MastodonServer:
    return MastodonServer()


@pytest.fixture
async def source(
    server: MastodonServer, web_access: Web, client: httpx2.AsyncClient
) -> AsyncIterator[Mastodon]:
    async with web(server.app()) as address:
        yield Mastodon(web_access, client, address, address, of_tag("jobs"), SOON, token="t0ken")
        server.send(None)


async def follow(source: Mastodon, server: MastodonServer, cursor: str = ""):
    """Starts reading, and waits until the stream is open."""
    stream = source.batches(cursor)
    first = await anext(stream)
    return first, stream


async def test_a_status_becomes_an_item(source: Mastodon, server: MastodonServer) -> None:
    server.statuses.append(status(FIRST, "Ten <b>jobs</b> gone &amp; lost"))
    (item,), cursor = await take.entries(source, 1)
    host = httpx2.URL(source.server).host
    assert item == Item(
        item_id=f"https://social.example/users/ann/statuses/{FIRST}",
        title="Ten jobs gone & lost",
        text="Ten jobs gone & lost",
        time=datetime(2026, 5, 1, 11, 59, tzinfo=UTC),
        key=f"{host}/{FIRST}",
        language_code="en",
        tags=["jobs"],
        reactions=6,
    )
    assert cursor == str(FIRST)
    assert server.asked[0]["auth"] == "Bearer t0ken"
    assert "t0ken" not in repr(source)


@pytest.mark.parametrize(
    "fields",
    [
        {"visibility": "unlisted"},
        {"reblog": {"id": "1"}},
        {"account": {"noindex": True}},
    ],
)
async def test_what_is_not_for_all_is_left_out(
    source: Mastodon, server: MastodonServer, fields: dict[str, object]
) -> None:
    server.statuses += [status(FIRST, "hidden", **fields), status(FIRST + 1, "open")]
    found, _ = await take.entries(source, 1)
    assert [each.title for each in found] == ["open"]


async def test_what_was_missed_comes_oldest_first(source: Mastodon, server: MastodonServer) -> None:
    step = LATE_IDS // 10  # a minute
    server.statuses += [status(FIRST + n * step, f"n{n}") for n in range(200)]
    found, cursor = await take.entries(source, 150, cursor=str(FIRST + 50 * step))
    titles = [each.title for each in found]
    assert titles == [f"n{n}" for n in range(41, 41 + len(titles))]  # ten minutes again
    assert cursor == str(FIRST + (40 + len(titles)) * step)


async def test_without_a_cursor_it_begins_with_the_newest_page(
    source: Mastodon, server: MastodonServer
) -> None:
    server.statuses += [status(FIRST + n, f"n{n}") for n in range(200)]
    found, _ = await take.entries(source, 40)
    assert [each.title for each in found] == [f"n{n}" for n in range(160, 200)]


async def test_the_stream_is_followed(source: Mastodon, server: MastodonServer) -> None:
    server.statuses.append(status(FIRST, "old"))
    first, stream = await follow(source, server)
    server.post(status(FIRST + 1, "new"))
    server.send(":thump\n")
    server.say("delete", str(FIRST))
    server.say("status.update", json.dumps(status(FIRST + 1, "edited")))
    server.say("filters_changed", "")
    server.say("update", '{"id": "9", "content": "half of')
    server.say("update", '{"id": "9"}')
    found, broken = [], []
    async with asyncio.timeout(5):
        async for batch in stream:
            found += batch.entries
            broken += batch.broken
            if len(broken) == 3:
                break
    await stream.aclose()
    assert [each.title for each in first.entries] == ["old"]
    new, gone, edited = found
    assert (new.title, edited.title) == ("new", "edited")
    assert gone == Removal(key=first.entries[0].key)
    assert broken == ["broken_json", "broken_json", "not_a_status"]
    assert batch.cursor == str(FIRST + 1)


async def test_what_comes_while_it_catches_up_is_not_lost(
    source: Mastodon, server: MastodonServer
) -> None:
    server.statuses.append(status(FIRST, "old"))
    _, stream = await follow(source, server)
    for number in range(1, 301):  # the page is still at work: nobody reads the stream
        server.post(status(FIRST + number, f"n{number}"))
    found: list[str] = []
    async with asyncio.timeout(10):
        async for batch in stream:
            found += [each.title for each in batch.entries]
            if found[-1:] == ["n300"]:
                break
    await stream.aclose()
    assert found == [f"n{number}" for number in range(1, 301)]


async def test_a_stream_that_ends_is_unavailable(source: Mastodon, server: MastodonServer) -> None:
    _, stream = await follow(source, server)
    server.send(None)
    with pytest.raises(Unavailable) as caught:
        async with asyncio.timeout(5):
            await anext(stream)
    assert caught.value.reason == "STREAM_ENDED"


async def test_a_stream_that_is_silent_is_dead(source: Mastodon, server: MastodonServer) -> None:
    _, stream = await follow(replace(source, silence_seconds=0.3), server)
    with pytest.raises(Unavailable) as caught:
        async with asyncio.timeout(5):
            await anext(stream)
    assert caught.value.reason == "TIMEOUT"


async def test_an_endless_event_is_refused(source: Mastodon, client: httpx2.AsyncClient) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: update\n")
        while True:
            writer.write(b"data: " + b"x" * 65_536 + b"\n")
            await writer.drain()

    async with raw(answer) as address:
        with pytest.raises(Unavailable):
            await take.batches(replace(source, streaming=address), 99)


async def test_it_may_be_read_every_so_often_instead(
    source: Mastodon, server: MastodonServer
) -> None:
    server.statuses.append(status(FIRST, "one"))
    polling = replace(source, follow=False, timeline=PUBLIC)
    first, again = await take.batches(polling, 2)
    assert [each.title for each in first.entries] == ["one"]
    assert again.cursor == first.cursor
    assert server.listeners == []
    assert server.asked[1]["min_id"] == str(FIRST - LATE_IDS)


@pytest.mark.parametrize(
    "body", ['{"error": "This method requires an authenticated user"}', "<html>", "[1, null]"]
)
async def test_a_page_that_is_none(source: Mastodon, server: MastodonServer, body: str) -> None:
    async def timeline(request: object) -> Response:
        return Response(body)

    server.timeline = timeline  # type: ignore[assignment]
    async with web(server.app()) as address:
        told = replace(source, server=address, follow=False)
        if body.startswith("["):
            (batch,) = await take.batches(told, 1)
            assert batch.broken == ["not_a_status", "not_a_status"]
        else:
            with pytest.raises(Unavailable):
                await take.batches(told, 1)
