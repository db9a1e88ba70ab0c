"""GET requests to strangers: bounded in time, size and redirects, whatever they answer."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

import httpx2

from dramatis.core.errors import Exhausted, Retryable, Unavailable
from dramatis.ingest.adapters.feeds.pace import Pace, retry_after
from dramatis.runtime.clock import Clock

MAX_BYTES: Final = 4 << 20  # of a body, unpacked
MAX_REDIRECTS: Final = 5
SPACING_SECONDS: Final = 1.0
OK, NOT_MODIFIED, TOO_MANY_REQUESTS = 200, 304, 429
LONG_SECONDS: Final = 900.0  # what is forbidden or gone now is not back in a minute


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient we are with a server.

    Attributes:
        answer_seconds: for each piece of an answer.
        whole_seconds: for all of it, redirects included.
        file_seconds: the same of one that is saved to a file.
    """

    answer_seconds: float = 15.0
    whole_seconds: float = 60.0
    file_seconds: float = 900.0


@dataclass(frozen=True, slots=True)
class Page:
    """What a server answered: its headers in lower case, and the body, unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Web:
    """Asks servers, in turn."""

    def __init__(
        self, client: httpx2.AsyncClient, clock: Clock, pace: Pace, limits: Limits | None = None
    ) -> None:
        self._client = client
        self._clock = clock
        self._pace = pace
        self._limits = limits or Limits()

    async def get(
        self,
        address: str,
        headers: Mapping[str, str] | None = None,
        spacing_seconds: float = SPACING_SECONDS,
    ) -> Page:
        """The page: status 200 or 304.

        Raises:
            Exhausted: the server asks to be left alone for a while.
            Unavailable: it does not answer, or not with a page; the reason says why.
        """
        body = bytearray()
        await self._pace.turn(httpx2.URL(address).host, spacing_seconds)
        async with translated(), asyncio.timeout(self._limits.whole_seconds):
            page = await self._follow(self._request(address, headers), body.extend, MAX_BYTES)
        return replace(page, body=bytes(body))

    async def save(
        self, address: str, file: BinaryIO, max_bytes: int, headers: Mapping[str, str]
    ) -> Page:
        """The same of a large one, whose body goes into a file, unpacked."""
        await self._pace.turn(httpx2.URL(address).host, SPACING_SECONDS)
        async with translated(), asyncio.timeout(self._limits.file_seconds):
            return await self._follow(self._request(address, headers), file.write, max_bytes)

    def _request(self, address: str, headers: Mapping[str, str] | None) -> httpx2.Request:
        with_packing = {"accept-encoding": "gzip", **(headers or {})}
        return self._client.build_request(
            "GET", address, headers=with_packing, timeout=self._limits.answer_seconds
        )

    async def _follow(
        self, request: httpx2.Request, write: Callable[[bytes], object], most: int
    ) -> Page:
        for _ in range(MAX_REDIRECTS + 1):
            async with self.sent(request) as response:
                if response.next_request is None:
                    async for piece in _pieces(response, most):
                        write(piece)
                    return Page(response.status_code, response.headers, b"")
                request = response.next_request
        raise Unavailable("it redirects on and on", reason="REDIRECT_LOOP")

    @asynccontextmanager
    async def sent(self, request: httpx2.Request) -> AsyncIterator[httpx2.Response]:
        """The answer to a request, its body not yet read; redirects are not followed.

        Raises:
            Exhausted, Unavailable: it is neither a page nor a redirect.
        """
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            self._check(request.url.host, response)
            yield response
        finally:
            await response.aclose()

    def _check(self, host: str, response: httpx2.Response) -> None:
        seconds = retry_after(response.headers, self._clock())
        if seconds:
            self._pace.hold(host, seconds)
        status = response.status_code
        if status not in (OK, NOT_MODIFIED) and response.next_request is None:
            raise _refusal(status, seconds)


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """What goes wrong on the way, as errors of ours; messages hold no address."""
    try:
        yield
    except (TimeoutError, httpx2.TimeoutException):
        raise Unavailable("no answer in time", reason="TIMEOUT") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
        kind = type(error).__name__
        raise Unavailable(f"the connection failed: {kind}", reason="UNREACHABLE") from None


def _refusal(status: int, seconds: float) -> Retryable:
    if status == TOO_MANY_REQUESTS or (seconds and status >= 500):
        wait = seconds or 60.0
        return Exhausted("asked too often", reason="RATE_LIMITED", retry_after_seconds=wait)
    if status >= 500:
        return Unavailable(f"the server answered {status}", reason="SERVER_ERROR")
    return Unavailable(
        f"the server answered {status}", reason="REFUSED", retry_after_seconds=LONG_SECONDS
    )


async def _pieces(response: httpx2.Response, most: int) -> AsyncIterator[bytes]:
    """Yields the body, unpacked, and refuses to go on where it is larger than `most` bytes."""
    unpack = _unpacker(response.headers.get("content-encoding", "").strip().lower())
    size = 0
    async for chunk in response.aiter_raw():
        piece = unpack(chunk, most + 1 - size)
        size += len(piece)
        if size > most:
            raise Unavailable(
                f"it is larger than {most} bytes",
                reason="TOO_LARGE",
                retry_after_seconds=LONG_SECONDS,
            )
        yield piece


class _Unpacker:
    """Unpacks gzip, no further than there is room: a bomb does not go off."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(wbits=47)

    def __call__(self, chunk: bytes, room: int) -> bytes:
        try:
            return self._unpacker.decompress(chunk, room)
        except zlib.error:
            raise Unavailable("it is not gzip", reason="BAD_ENCODING") from None


def _as_it_is(chunk: bytes, room: int) -> bytes:
    return chunk[:room]


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    if encoding in ("", "identity"):
        return _as_it_is
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _Unpacker()
    raise Unavailable(f"packed as {encoding[:20]!r}", reason="BAD_ENCODING")
