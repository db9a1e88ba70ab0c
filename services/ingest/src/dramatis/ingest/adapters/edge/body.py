"""A request's body: bounded before and after unpacking, and in the time that it may take."""

import asyncio
import json
import zlib
from dataclasses import dataclass

from starlette.requests import Request

from dramatis.core.errors import Invalid
from dramatis.ingest.adapters.edge.errors import TooLarge
from dramatis.runtime.status import TooLate

_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What a body may be.

    Attributes:
        max_bytes: as sent, and again after unpacking.
        seconds: until all of it must be here.
    """

    max_bytes: int
    seconds: float


async def read(request: Request, limits: BodyLimits) -> bytes:
    """The body as its sender wrote it, unpacked where it came as gzip.

    Raises:
        TooLarge: it is larger than the limit, packed or unpacked.
        TooLate: it did not come in time.
        Invalid: it is no gzip although it says so, or packed in another way.
    """
    raw = await _receive(request, limits)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in {"", "identity"}:
        return raw
    if encoding != "gzip":
        raise Invalid("a body is plain or gzip", reason="BAD_ENCODING", field="content-encoding")
    return unpack(raw, limits.max_bytes)


async def _receive(request: Request, limits: BodyLimits) -> bytes:
    if _declared(request) > limits.max_bytes:
        raise _too_large(limits.max_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(limits.seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limits.max_bytes:
                    raise _too_large(limits.max_bytes)
    except TimeoutError:
        raise TooLate(f"the body was not here after {limits.seconds:g} s") from None
    return bytes(body)


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 20 else 0


def unpack(packed: bytes, most: int) -> bytes:
    """What was packed with gzip; never makes more than `most` bytes of it.

    Raises:
        TooLarge: there would be more.
        Invalid: it is no gzip, or not all of it.
    """
    stream = zlib.decompressobj(_GZIP)
    try:
        plain = stream.decompress(packed, most + 1)
    except zlib.error:
        raise Invalid("the body is not gzip", reason="BAD_ENCODING", field="body") from None
    if len(plain) > most:
        raise _too_large(most)
    if not stream.eof or stream.unused_data:
        raise Invalid("the gzip body is cut off", reason="BAD_ENCODING", field="body")
    return plain


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"a body has at most {most:,} bytes here, unpacked", field="body")


def parse(body: bytes) -> object:
    """The JSON value in a body.

    Raises:
        Invalid: it is none, is too deep, or holds a number that is too long to be one.
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Invalid("the body is not JSON in UTF-8", reason="NOT_JSON", field="body") from None
