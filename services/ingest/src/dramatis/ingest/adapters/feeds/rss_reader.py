"""Feeds taken apart by a process of their own, one after the other."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from datetime import datetime
from typing import Final

from dramatis.core.errors import Unavailable
from dramatis.ingest.adapters.feeds import rss_worker
from dramatis.ingest.adapters.feeds.rss_parser import Found
from dramatis.ingest.adapters.feeds.web import LONG_SECONDS
from dramatis.ingest.domain.feeds.item import Item

MAX_SECONDS: Final = 60.0


class Reader:
    """Shared by all feeds of a process: one of them is taken apart at a time."""

    def __init__(self, max_seconds: float = MAX_SECONDS) -> None:
        self._turn = asyncio.Semaphore(1)
        self._max_seconds = max_seconds

    async def read(self, body: bytes, address: str, now: datetime) -> Found:
        """The items of a feed, see `rss_parser.parse`.

        Raises:
            Unavailable: it takes too long, or too much memory.
        """
        async with self._turn:
            told = await self._work(body, address, now.isoformat())
        try:
            found = json.loads(told)
        except ValueError:
            raise Unavailable(
                "it takes too much to read", reason="TOO_COMPLEX", retry_after_seconds=LONG_SECONDS
            ) from None
        return Found([_item(*each) for each in found["items"]], found["broken"])

    async def _work(self, body: bytes, *arguments: str) -> bytes:
        """What the worker wrote; nothing whole where it was ended. It gets none of our secrets."""
        command = (sys.executable, "-m", rss_worker.__name__, *arguments)
        worker = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}
        )
        try:
            async with asyncio.timeout(self._max_seconds):
                told, _ = await worker.communicate(body)
            return told
        except TimeoutError:
            return b""
        finally:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()


def _item(
    item_id: str, title: str, text: str, time: str, language_code: str, tags: list[str]
) -> Item:
    moment = datetime.fromisoformat(time)
    return Item(item_id, title, text, moment, language_code=language_code, tags=tags)
