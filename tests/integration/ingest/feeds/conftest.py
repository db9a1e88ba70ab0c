"""A desk in memory, and the means to reach servers."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from dramatis.ingest.adapters.feeds.memory import MemoryCursors
from dramatis.ingest.adapters.feeds.pace import Pace
from dramatis.ingest.adapters.feeds.signal_message import encode
from dramatis.ingest.adapters.feeds.vader import Vader
from dramatis.ingest.adapters.feeds.web import Limits, Web
from dramatis.ingest.app.feeds import Desk
from tests.unit.ingest.fakes import NOW, make_world

LIMITS = Limits(answer_seconds=0.5, whole_seconds=2.0)
SOON = timedelta(seconds=0.05)


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(headers={"user-agent": "dramatis test"}) as client:
        yield client


@pytest.fixture
def web_access(client: httpx2.AsyncClient) -> Web:
    return Web(client, lambda: NOW, Pace(), LIMITS)


@pytest.fixture
def desk() -> Desk:
    return Desk(make_world(), MemoryCursors(), Vader(), encode)
