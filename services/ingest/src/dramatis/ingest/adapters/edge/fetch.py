"""Fetches small things from hosts that were checked: certificates, confirmations."""

import asyncio
from typing import Final

import httpx2

from dramatis.core.errors import Unavailable

MAX_BYTES: Final = 65_536
TIMEOUT_SECONDS: Final = 5.0


async def fetch(address: str) -> bytes:
    """The bytes at an https address, over TLS that is verified; follows no redirect.

    Raises:
        Unavailable: they do not come in time, are too many, or the host says no.
    """
    try:
        async with asyncio.timeout(2 * TIMEOUT_SECONDS):
            return await _get(address)
    except (httpx2.HTTPError, TimeoutError):
        raise Unavailable(
            "an address of Amazon cannot be reached from here", reason="UNREACHABLE"
        ) from None


async def _get(address: str) -> bytes:
    found = bytearray()
    async with (
        httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client,
        client.stream("GET", address) as response,
    ):
        response.raise_for_status()
        async for chunk in response.aiter_bytes():
            found += chunk
            if len(found) > MAX_BYTES:
                raise Unavailable("Amazon's answer is too long", reason="UNREACHABLE")
    return bytes(found)
