"""Servers that speak as those of the world do, on loopback sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from dramatis.runtime import http


@asynccontextmanager
async def web(app: Starlette) -> AsyncIterator[str]:
    """Serves the application; yields its address."""
    async with http.serve("127.0.0.1:0", app) as port:
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def raw(answer: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """A server that reads a request and then does what it likes; yields its address."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        server.close()


@dataclass
class Feed:
    """A feed behind a web server that knows what ETags are for."""

    body: bytes = b""
    etag: str = '"1"'
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/feed", self.feed)])

    async def feed(self, request: Request) -> Response:
        self.asked.append(dict(request.headers))
        if self.answers:
            return self.answers.pop(0)
        if request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers={"etag": self.etag})
        return Response(
            self.body, headers={"etag": self.etag, "content-type": "application/rss+xml"}
        )


@dataclass
class MastodonServer:
    """A Mastodon server with one hashtag: pages by min_id, and a stream."""

    statuses: list[dict[str, Any]] = field(default_factory=list)
    listeners: list[asyncio.Queue[str | None]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/v1/timelines/tag/{tag}", self.timeline),
                Route("/api/v1/timelines/public", self.timeline),
                Route("/api/v1/streaming/hashtag", self.stream),
                Route("/api/v1/streaming/public", self.stream),
            ]
        )

    async def timeline(self, request: Request) -> Response:
        self.asked.append({**request.query_params, "auth": request.headers.get("authorization")})
        least, most = request.query_params.get("min_id"), int(request.query_params["limit"])
        if least is None:
            page = self.statuses[-most:]
        else:
            page = [each for each in self.statuses if int(each["id"]) > int(least)][:most]
        return JSONResponse(page[::-1], headers=self.headers)

    async def stream(self, request: Request) -> Response:
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self.listeners.append(queue)

        async def events() -> AsyncIterator[str]:
            yield ":)\n"
            try:
                while (event := await queue.get()) is not None:
                    yield event
            finally:
                self.listeners.remove(queue)

        return StreamingResponse(events(), media_type="text/event-stream")

    def post(self, status: dict[str, Any]) -> None:
        self.statuses.append(status)
        self.say("update", json.dumps(status))

    def say(self, event: str, data: str) -> None:
        self.send(f"event: {event}\ndata: {data}\n\n")

    def send(self, text: str | None) -> None:
        for queue in self.listeners:
            queue.put_nowait(text)


def status(number: int, text: str, **fields: Any) -> dict[str, Any]:
    """A status as Mastodon tells it."""
    return {
        "id": str(number),
        "uri": f"https://social.example/users/ann/statuses/{number}",
        "created_at": "2026-05-01T11:59:00.000Z",
        "content": f"<p>{text}</p>",
        "language": "en",
        "visibility": "public",
        "spoiler_text": "",
        "reblog": None,
        "tags": [{"name": "jobs", "url": "https://social.example/tags/jobs"}],
        "account": {"id": "1", "acct": "ann@social.example", "noindex": False},
        "replies_count": 1,
        "reblogs_count": 2,
        "favourites_count": 3,
        **fields,
    }


@dataclass
class JetstreamServer:
    """A Jetstream: replays what lies after the cursor, then goes on."""

    frames: list[tuple[int, str]] = field(default_factory=list)
    cursors: list[str | None] = field(default_factory=list)
    agents: list[str | None] = field(default_factory=list)
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    close_after: int | None = None
    port: int = 0

    def say(self, *events: dict[str, Any]) -> None:
        for event in events:
            self.send(event["time_us"], json.dumps(event))

    def send(self, time_us: int, frame: str) -> None:
        self.frames.append((time_us, frame))
        self.grown.set()
        self.grown = asyncio.Event()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server: Server
        async with serve(self._talk, "127.0.0.1", self.port) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield f"ws://127.0.0.1:{self.port}/subscribe"

    async def _talk(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        query = parse_qs(urlsplit(connection.request.path).query)
        assert query["wantedCollections"] == ["app.bsky.feed.post"]
        cursor = query.get("cursor", [None])[0]
        self.cursors.append(cursor)
        self.agents.append(connection.request.headers.get("user-agent"))
        after = len(self.frames) if cursor is None else 0
        with suppress(ConnectionClosed):
            await self._tell(connection, after, int(cursor or 0))

    async def _tell(self, connection: ServerConnection, at: int, cursor: int) -> None:
        sent = 0
        while True:
            grown = self.grown
            for time_us, frame in self.frames[at:]:
                if time_us >= cursor:
                    await connection.send(frame)
                    sent += 1
                    if sent == self.close_after:
                        connection.transport.abort()
                        return
            at = len(self.frames)
            waiting = [
                asyncio.ensure_future(grown.wait()),
                asyncio.ensure_future(connection.wait_closed()),
            ]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in waiting:
                each.cancel()
            if connection.close_code is not None:
                return


def commit(
    time_us: int, rkey: str, text: str = "", did: str = "did:plc:ann", **fields: Any
) -> dict[str, Any]:
    """A new post as Jetstream tells it; without a text, its deletion."""
    told = {
        "rev": "3l3qo2vutsw2b",
        "operation": "create" if text else "delete",
        "collection": "app.bsky.feed.post",
        "rkey": rkey,
    }
    if text:
        told["record"] = {
            "$type": "app.bsky.feed.post",
            "createdAt": "1970-01-01T00:00:00.000Z",
            "langs": ["en"],
            "text": text,
            **fields,
        }
        told["cid"] = "bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi"
    return {"did": did, "time_us": time_us, "kind": "commit", "commit": told}


def account(time_us: int, did: str, active: bool) -> dict[str, Any]:
    """What Jetstream tells of an account."""
    told = {"active": active, "did": did, "seq": 1, "time": "2026-05-01T12:00:00.000Z"}
    return {
        "did": did,
        "time_us": time_us,
        "kind": "account",
        "account": told if active else {**told, "status": "deleted"},
    }


def identity(time_us: int, did: str) -> dict[str, Any]:
    told = {"did": did, "handle": "ann.example", "seq": 1, "time": "2026-05-01T12:00:00.000Z"}
    return {"did": did, "time_us": time_us, "kind": "identity", "identity": told}


@dataclass
class GdeltServer:
    """GDELT's DOC API over a fixed archive of (seendate, title)."""

    archive: list[tuple[str, str]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/doc", self.doc)])

    async def doc(self, request: Request) -> Response:
        self.asked.append(dict(request.query_params))
        self.times.append(asyncio.get_running_loop().time())
        if self.answers:
            return self.answers.pop(0)
        asked = request.query_params
        start, end = asked["startdatetime"], asked["enddatetime"]
        found = [
            article(seen, title)
            for seen, title in sorted(self.archive)
            if start <= seen.translate(_DIGITS) <= end
        ]
        return JSONResponse({"articles": found[: int(asked["maxrecords"])]} if found else {})


_DIGITS = {ord("T"): None, ord("Z"): None}


def article(seen: str, title: str) -> dict[str, str]:
    """An article as GDELT tells it."""
    return {
        "url": f"https://news.example/{title.replace(' ', '-')}",
        "url_mobile": "",
        "title": title,
        "seendate": seen,
        "socialimage": "",
        "domain": "news.example",
        "language": "English",
        "sourcecountry": "United Kingdom",
    }


def rss(items: Sequence[tuple[str, str]]) -> bytes:
    """An RSS feed of (guid, title)."""
    told = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title>"
        f"<description>{title} &lt;b&gt;indeed&lt;/b&gt;</description>"
        "<pubDate>Fri, 01 May 2026 11:00:00 GMT</pubDate></item>"
        for guid, title in items
    )
    return (
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>t</title>"
        f"<language>en-gb</language>{told}</channel></rss>"
    ).encode()
