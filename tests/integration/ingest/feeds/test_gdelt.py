import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from starlette.responses import Response

from dramatis.core.errors import Exhausted, Unavailable
from dramatis.ingest.adapters.feeds.gdelt import MOST, OVERLAP, Gdelt
from dramatis.ingest.adapters.feeds.web import Web
from tests.integration.ingest.feeds import take
from tests.integration.ingest.feeds.conftest import SOON
from tests.integration.ingest.feeds.servers import GdeltServer, web
from tests.unit.ingest.fakes import NOW


def seen(minutes: float) -> str:
    """So many minutes ago, as GDELT writes it."""
    return (NOW - timedelta(minutes=minutes)).strftime("%Y%m%dT%H%M%SZ")


@pytest.fixture
def server() -> GdeltServer:
    return GdeltServer()


@pytest.fixture
async def source(server: GdeltServer, web_access: Web) -> AsyncIterator[Gdelt]:
    async with web(server.app()) as address:
        searches = {"economy": "(recession OR layoffs) sourcelang:english"}
        yield Gdelt(web_access, f"{address}/doc", searches, SOON, lambda: NOW, spacing_seconds=0.0)


async def test_articles_become_items(source: Gdelt, server: GdeltServer) -> None:
    server.archive += [(seen(30), "Ten jobs lost"), (seen(60 * 48), "too old")]
    (item,), _ = await take.entries(source, 1)
    assert (item.title, item.topics, item.language_code) == ("Ten jobs lost", ("economy",), "en")
    assert item.time == NOW - timedelta(minutes=30)
    assert item.item_id == "https://news.example/Ten-jobs-lost"
    asked = server.asked[0]
    assert asked["query"] == "(recession OR layoffs) sourcelang:english"
    assert (asked["mode"], asked["format"], asked["sort"]) == ("ArtList", "json", "DateAsc")
    assert (asked["startdatetime"], asked["enddatetime"]) == ("20260430110000", "20260501120000")


async def test_it_goes_on_an_hour_before_the_last(source: Gdelt, server: GdeltServer) -> None:
    server.archive.append((seen(90), "one"))
    _, cursor = await take.entries(source, 1)
    server.asked.clear()
    await take.batches(source, 1, cursor)
    begin = NOW - timedelta(minutes=90) - OVERLAP
    assert server.asked[0]["startdatetime"] == begin.strftime("%Y%m%d%H%M%S")


async def test_a_full_answer_is_followed_by_the_next(source: Gdelt, server: GdeltServer) -> None:
    server.archive += [(seen(1000 - n), f"story {n}") for n in range(600)]
    found, _ = await take.entries(source, 600)
    assert {each.title for each in found} == {f"story {n}" for n in range(600)}
    assert len(server.asked) == 3


async def test_more_at_once_than_it_tells_is_counted(source: Gdelt, server: GdeltServer) -> None:
    server.archive += [(seen(60), f"story {n}") for n in range(MOST + 50)]
    server.archive.append((seen(10), "later"))
    broken: list[str] = []
    found: list[str] = []
    stream = source.batches("")
    async for batch in stream:
        broken += batch.broken
        found += [each.title for each in batch.entries]
        if "later" in found:
            break
    await stream.aclose()
    assert broken == ["too_many_at_once"]


async def test_its_json_is_not_always_json(source: Gdelt, server: GdeltServer) -> None:
    odd = (
        '\ufeff{"articles": [ {"url": "https://x.example/1", "title": "L\\\'Avenir \\d C:\\\\ \t \\u00e9 \\"q\\"",'
        f'"seendate": "{seen(5)}", "language": "Klingon"}}, {{"url": "https://x.example/2"}}, 7,'
        '{"url": "u", "title": "t", "seendate": "yesterday"} ] }'
    )
    server.answers.append(Response(odd))
    (batch,) = await take.batches(source, 1)
    (item,) = batch.entries
    assert item.title == 'L\\\'Avenir \\d C:\\ é "q"'
    assert item.language_code == ""
    assert batch.broken == ["unusable_article"] * 3


@pytest.mark.parametrize(
    ("body", "error", "reason"),
    [
        ("Your query was too short or too long.", Unavailable, "BAD_ANSWER"),
        ("Please limit requests to one every 5 seconds", Exhausted, "RATE_LIMITED"),
        ("<html>Sorry</html>", Unavailable, "BAD_ANSWER"),
        ('{"articles": 7}', Unavailable, "BAD_ANSWER"),
        ('{"articles": [', Unavailable, "BAD_ANSWER"),
        ("[" * 100_000, Unavailable, "BAD_ANSWER"),
    ],
)
async def test_what_is_no_list_of_articles(
    source: Gdelt, server: GdeltServer, body: str, error: type[Exception], reason: str
) -> None:
    server.answers.append(Response(body))
    with pytest.raises(error) as caught:
        await take.batches(source, 1)
    assert caught.value.reason == reason  # type: ignore[attr-defined]


async def test_nothing_found_is_fine(source: Gdelt, server: GdeltServer) -> None:
    server.answers += [Response("{}"), Response("")]
    first, second = await take.batches(source, 2)
    assert (first.entries, second.entries) == ([], [])


async def test_requests_keep_the_distance_that_it_asks_for(
    source: Gdelt, server: GdeltServer
) -> None:
    polite = Gdelt(
        source.web, source.address, {"a": "a", "b": "b", "c": "c"}, SOON, lambda: NOW, 0.3
    )
    begun = asyncio.get_running_loop().time()
    await take.batches(polite, 3)
    assert all(at - begun > 0.29 * number for number, at in enumerate(server.times))
    assert len(server.times) == 3
