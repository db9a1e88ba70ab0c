import time
from email.utils import format_datetime

import pytest
from starlette.responses import Response

from dramatis.core.errors import Unavailable
from dramatis.ingest.adapters.feeds.rss import Rss
from dramatis.ingest.adapters.feeds.rss_parser import parse
from dramatis.ingest.adapters.feeds.rss_reader import Reader
from dramatis.ingest.adapters.feeds.web import Web
from tests.integration.ingest.feeds import take
from tests.integration.ingest.feeds.conftest import SOON
from tests.integration.ingest.feeds.servers import Feed, rss, web
from tests.unit.ingest.fakes import NOW


def clock():
    return NOW


async def test_a_feed_is_read_only_when_it_changed(web_access: Web) -> None:
    feed = Feed(rss([("1", "One story")]))
    async with web(feed.app()) as address:
        source = Rss(web_access, Reader(), f"{address}/feed", SOON, clock)
        first, second = await take.batches(source, 2)
        assert [each.title for each in first.entries] == ["One story"]
        assert (second.entries, second.cursor) == ((), first.cursor)
        feed.body, feed.etag = rss([("2", "Another"), ("1", "One story")]), '"2"'
        (third,) = await take.batches(
            source, 1, second.cursor
        )  # a new start goes on from the cursor
    assert [each.title for each in third.entries] == ["Another", "One story"]
    assert [asked.get("if-none-match") for asked in feed.asked] == [None, '"1"', '"1"']
    assert feed.asked[0]["user-agent"] == "dramatis test"


async def test_it_also_knows_last_modified(web_access: Web) -> None:
    told = format_datetime(NOW, usegmt=True)
    feed = Feed(answers=[Response(rss([("1", "One")]), headers={"last-modified": told})])
    async with web(feed.app()) as address:
        await take.batches(Rss(web_access, Reader(), f"{address}/feed", SOON, clock), 2)
    assert feed.asked[1]["if-modified-since"] == told
    assert "if-none-match" not in feed.asked[1]


async def test_a_broken_feed_is_used_and_read_again(web_access: Web) -> None:
    whole = rss([("1", "One story"), ("2", "Another story")])
    feed = Feed(whole, answers=[Response(whole[:-60], headers={"etag": '"1"'})])
    async with web(feed.app()) as address:
        first, second = await take.batches(
            Rss(web_access, Reader(), f"{address}/feed", SOON, clock), 2
        )
    assert first.broken == ["broken_xml"]
    assert first.entries
    assert len(second.entries) == 2


async def test_a_feed_that_is_away_is_unavailable(web_access: Web) -> None:
    feed = Feed(answers=[Response(status_code=500)])
    async with web(feed.app()) as address:
        source = Rss(web_access, Reader(), f"{address}/feed", SOON, clock)
        with pytest.raises(Unavailable, match="500"):
            await take.batches(source, 1)


async def test_a_feed_made_to_be_slow_is_given_up() -> None:
    slow = b"<rss>" + b"<a>" * 1_000_000
    begun = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        await Reader(max_seconds=2).read(slow, "https://news.example/feed", NOW)
    assert caught.value.reason == "TOO_COMPLEX"
    assert time.monotonic() - begun < 10


async def test_a_feed_is_taken_apart_as_it_would_be_here() -> None:
    body = rss([("1", "One &#x1f600; story"), ("2", "Two &lt;b&gt;stories")])
    apart = await Reader().read(body, "https://news.example/feed", NOW)
    assert apart == parse(body, "https://news.example/feed", NOW)
    assert len(apart.items) == 2
