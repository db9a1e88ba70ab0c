import asyncio
import json
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from dramatis.core.errors import Retryable, Unavailable
from dramatis.ingest.adapters.feeds.jetstream import REWIND_US, Jetstream
from dramatis.ingest.domain.feeds.item import Removal
from tests.integration.ingest.feeds import take
from tests.integration.ingest.feeds.servers import (
    JetstreamServer,
    account,
    commit,
    identity,
    raw,
)

START = 1_777_636_800_000_000  # 2026-05-01 12:00


def source(address: str) -> Jetstream:
    return Jetstream(address, "dramatis test", silence_seconds=1.0, connect_seconds=1.0)


async def test_events_become_entries() -> None:
    server = JetstreamServer()
    facet = {"features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "mill"}]}
    server.say(
        identity(START + 1, "did:plc:ann"),
        commit(START + 2, "r1", "Jobs lost #jobs", facets=[facet], tags=["work"]),
        account(START + 3, "did:plc:ben", active=True),
        commit(START + 4, "r1"),
        account(START + 5, "did:plc:ann", active=False),
        {**commit(START + 6, "x"), "commit": {"collection": "app.bsky.feed.like", "rkey": "x"}},
        commit(START + 7, "r2", "Zwei", langs=["de", "en"]),
    )
    async with server.serving() as address:
        found, cursor = await take.entries(source(address), 4, str(START))
    post, deleted, gone, second = found
    assert post.item_id == post.key == "at://did:plc:ann/app.bsky.feed.post/r1"
    assert (post.author, post.language_code) == ("did:plc:ann", "en")
    assert list(post.tags) == ["jobs", "work", "mill"]
    assert post.time == datetime(2026, 5, 1, 12, 0, 0, 2, tzinfo=UTC)  # not what it says itself
    assert deleted == Removal(key=post.key)
    assert gone == Removal(author="did:plc:ann")
    assert second.language_code == ""  # two are none
    assert cursor == str(START + 7)
    assert server.agents == ["dramatis test"]


async def test_it_goes_on_a_little_before_where_it_was() -> None:
    server = JetstreamServer()
    server.say(*(commit(START + n * 1_000_000, f"r{n}", f"n{n}") for n in range(20)))
    async with server.serving() as address:
        found, _ = await take.entries(source(address), 15, str(START + 10_000_000))
    assert [each.title for each in found] == [f"n{n}" for n in range(5, 20)]
    assert server.cursors == [str(START + 10_000_000 - REWIND_US)]


async def test_half_a_frame_is_counted_and_the_rest_read() -> None:
    server = JetstreamServer()
    whole = json.dumps(commit(START + 1, "r1", "whole"))
    for frame in (
        whole[: len(whole) // 2],
        "",
        "null",
        "[]",
        '{"time_us": "x"}',
        '{"time_us": true}',
        "[" * 100_000,
    ):
        server.send(START, frame)
    no_text = commit(START, "r0", "x")
    del no_text["commit"]["record"]["text"]
    server.say(no_text, {**commit(START + 1, "r1", "x"), "time_us": 10**30})
    server.send(START + 1, whole)
    broken: list[str] = []
    async with server.serving() as address:
        stream = source(address).batches(str(START))
        async for batch in stream:
            broken += batch.broken
            if batch.entries:
                break
        await stream.aclose()
    assert [each.title for each in batch.entries] == ["whole"]
    assert broken == ["broken_frame"] * 9
    assert batch.cursor == str(START + 1)


async def test_a_frame_too_large_ends_the_connection_not_us() -> None:
    server = JetstreamServer()
    server.send(START + 1, json.dumps(commit(START + 1, "r1", "x" * (2 << 20))))
    async with server.serving() as address:
        with pytest.raises(Unavailable) as caught:
            await take.entries(source(address), 1, str(START))
    assert caught.value.reason == "UNREACHABLE"


async def test_a_connection_cut_in_the_middle_loses_nothing() -> None:
    server = JetstreamServer(close_after=7)
    server.say(*(commit(START + n, f"r{n}", f"n{n}") for n in range(10)))
    cursor, seen = str(START), []
    async with server.serving() as address:
        with suppress(Unavailable):
            async for batch in source(address).batches(cursor):
                cursor = batch.cursor
                seen += [each.title for each in batch.entries]
        server.close_after = None
        more, _ = await take.entries(source(address), 10, cursor)
    assert {*seen, *(each.title for each in more)} == {f"n{n}" for n in range(10)}


async def test_a_server_that_says_nothing() -> None:
    server = JetstreamServer()
    begun = time.monotonic()
    async with server.serving() as address:
        with pytest.raises(Unavailable) as caught:
            await take.entries(source(address), 1)
    assert caught.value.reason == "TIMEOUT"
    assert time.monotonic() - begun < 5


async def test_a_server_that_speaks_no_websocket() -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(10)

    async def busy(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()

    for answer, reason in ((silent, "TIMEOUT"), (busy, "RATE_LIMITED")):
        async with raw(answer) as address:
            with pytest.raises(Retryable) as caught:
                await take.entries(source(address.replace("http", "ws")), 1)
            assert caught.value.reason == reason


async def test_a_server_that_is_away() -> None:
    with pytest.raises(Unavailable) as caught:
        await take.entries(source("ws://127.0.0.1:9/subscribe"), 1)
    assert caught.value.reason == "UNREACHABLE"


async def test_a_fast_stream_waits_for_us() -> None:
    server = JetstreamServer()
    server.say(*(commit(START + n, f"r{n}", f"n{n}") for n in range(5_000)))
    async with server.serving() as address:
        stream = source(address).batches(str(START))
        sizes = []
        async for batch in stream:
            sizes.append(len(batch.entries))
            if sum(sizes) == 5_000:
                break
        await stream.aclose()
    assert max(sizes) <= 500
