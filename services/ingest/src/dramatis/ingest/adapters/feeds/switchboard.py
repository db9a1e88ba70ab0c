"""All connectors of a process, made ready and started."""

import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2

from dramatis.ingest.adapters.feeds.catalogue import Described
from dramatis.ingest.adapters.feeds.pace import Pace
from dramatis.ingest.adapters.feeds.rss_reader import Reader
from dramatis.ingest.adapters.feeds.runner import Runner
from dramatis.ingest.adapters.feeds.sources import Outside
from dramatis.ingest.adapters.feeds.web import Web
from dramatis.ingest.app.feeds import Desk
from dramatis.runtime.clock import Clock
from dramatis.runtime.parts import Parts


@asynccontextmanager
async def reach(user_agent: str, clock: Clock) -> AsyncIterator[Outside]:
    """The means to ask servers, for as long as the process runs."""
    async with httpx2.AsyncClient(headers={"user-agent": user_agent}) as client:
        yield Outside(Web(client, clock, Pace()), Reader(), client, user_agent, clock)


def start(
    parts: Parts, desk: Desk, outside: Outside, described: Iterable[Described], lease: timedelta
) -> None:
    """Runs each connector beside the server, as long as no other process does."""
    holder = uuid.uuid4().hex
    for each in described:
        runner = Runner(desk, each.connector, outside.source(each), holder, lease=lease)
        parts.background(f"connector {each.connector.name.connector}", runner.run)
