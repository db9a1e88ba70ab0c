"""Servers that behave badly: each is refused with a reason, in bounded time and memory."""

import asyncio
import gzip
import time
import tracemalloc

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from dramatis.core.errors import Exhausted, Unavailable
from dramatis.ingest.adapters.feeds.pace import Pace
from dramatis.ingest.adapters.feeds.web import MAX_BYTES, Web
from tests.integration.ingest.feeds.conftest import LIMITS
from tests.integration.ingest.feeds.servers import raw, web
from tests.unit.ingest.fakes import NOW

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n"


async def refused(access: Web, address: str) -> str:
    with pytest.raises(Unavailable) as caught:
        await access.get(address)
    assert "127.0.0.1" not in caught.value.message
    return caught.value.reason


async def test_fifty_megabytes_are_refused_while_they_come(web_access: Web) -> None:
    sent = 0

    async def answer(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(HEAD + b"content-length: 52428800\r\n\r\n")
        for _ in range(800):
            writer.write(b"x" * 65_536)
            await writer.drain()
            sent += 65_536

    async with raw(answer) as address:
        tracemalloc.start()
        assert await refused(web_access, address) == "TOO_LARGE"
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert sent < 2 * MAX_BYTES + (8 << 20)  # what the sockets hold
    assert peak < 4 * MAX_BYTES


async def test_a_gzip_bomb_does_not_go_off(web_access: Web) -> None:
    bomb = gzip.compress(b"\0" * (64 << 20))

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(bomb))
        writer.write(bomb)
        await writer.drain()

    async with raw(answer) as address:
        tracemalloc.start()
        assert await refused(web_access, address) == "TOO_LARGE"
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4 * MAX_BYTES


@pytest.mark.parametrize(
    ("head", "body", "reason"),
    [
        (b"content-encoding: gzip\r\n", b"this is no gzip", "BAD_ENCODING"),
        (b"content-encoding: br\r\n", b"\x0b\x02\x80", "BAD_ENCODING"),
        (b"content-length: 999\r\n", b"half of it", "UNREACHABLE"),
    ],
)
async def test_what_cannot_be_unpacked_is_refused(
    web_access: Web, head: bytes, body: bytes, reason: str
) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + head + b"\r\n" + body)

    async with raw(answer) as address:
        assert await refused(web_access, address) == reason


async def test_a_server_that_never_answers(web_access: Web) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    begun = time.monotonic()
    async with raw(answer) as address:
        assert await refused(web_access, address) == "TIMEOUT"
    assert time.monotonic() - begun < 5


async def test_a_server_that_answers_for_ever(web_access: Web) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.1)

    begun = time.monotonic()
    async with raw(answer) as address:
        assert await refused(web_access, address) == "TIMEOUT"
    assert time.monotonic() - begun < 5


async def test_nobody_listens(web_access: Web) -> None:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"")

    async with raw(answer) as address:
        assert await refused(web_access, address) == "UNREACHABLE"  # it hangs up
    assert await refused(web_access, address) == "UNREACHABLE"  # it is gone


async def test_redirects_end(web_access: Web) -> None:
    async def loop(request: Request) -> Response:
        return RedirectResponse(str(request.url))

    async def away(request: Request) -> Response:
        return RedirectResponse("ftp://files.example/feed")

    routes = [Route("/loop", loop), Route("/away", away)]
    async with web(Starlette(routes=routes)) as address:
        assert await refused(web_access, f"{address}/loop") == "REDIRECT_LOOP"
        assert await refused(web_access, f"{address}/away") == "UNREACHABLE"


async def test_a_token_does_not_follow_a_redirect_elsewhere(web_access: Web) -> None:
    seen: list[str | None] = []

    async def final(request: Request) -> Response:
        seen.append(request.headers.get("authorization"))
        return Response("here")

    async with web(Starlette(routes=[Route("/", final)])) as other:

        async def away(request: Request) -> Response:
            return RedirectResponse(other + "/" if "away" in request.query_params else "/")

        routes = [Route("/start", away), Route("/", final)]
        async with web(Starlette(routes=routes)) as address:
            for query in ("?away", ""):
                page = await web_access.get(
                    f"{address}/start{query}", {"authorization": "Bearer secret"}
                )
                assert page.body == b"here"
    assert seen == [None, "Bearer secret"]


@pytest.mark.parametrize(
    ("status", "headers", "reason", "wait"),
    [
        (429, {"retry-after": "17"}, "RATE_LIMITED", 17),
        (503, {"retry-after": "Fri, 01 May 2026 12:02:00 GMT"}, "RATE_LIMITED", 120),
        (
            429,
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-05-01T12:05:00.000Z"},
            "RATE_LIMITED",
            300,
        ),
        (429, {"retry-after": "soon"}, "RATE_LIMITED", 60),
        (500, {}, "SERVER_ERROR", 1),
        (403, {}, "REFUSED", 900),
        (404, {}, "REFUSED", 900),
        (204, {}, "REFUSED", 900),
    ],
)
async def test_a_server_says_when_to_come_again(
    web_access: Web, status: int, headers: dict[str, str], reason: str, wait: float
) -> None:
    async def answer(request: Request) -> Response:
        return Response(status_code=status, headers=headers)

    async with web(Starlette(routes=[Route("/", answer)])) as address:
        with pytest.raises((Unavailable, Exhausted)) as caught:
            await web_access.get(address)
    assert (caught.value.reason, caught.value.retry_after_seconds) == (reason, wait)


async def test_requests_to_a_host_keep_their_distance(client: httpx2.AsyncClient) -> None:
    asked: list[float] = []

    async def answer(request: Request) -> Response:
        asked.append(asyncio.get_running_loop().time())
        left = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-05-01T12:00:00.400Z"}
        return Response("ok", headers=left if len(asked) == 3 else {})

    access = Web(client, lambda: NOW, Pace(), LIMITS)
    async with web(Starlette(routes=[Route("/", answer)])) as address:
        begun = asyncio.get_running_loop().time()
        await asyncio.gather(*(access.get(address, spacing_seconds=0.2) for _ in range(3)))
        await access.get(address, spacing_seconds=0.2)
    assert all(at - begun > 0.19 * number for number, at in enumerate(asked))
    assert asked[3] - asked[2] > 0.39  # it said that nothing was left
