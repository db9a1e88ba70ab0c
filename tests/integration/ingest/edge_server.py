"""The edge on a real socket, before a log and a store in memory that may be taken away."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from dramatis.api.common.v1 import event_pb2
from dramatis.core.errors import Unavailable
from dramatis.ingest.adapters.edge import application, spool
from dramatis.ingest.adapters.edge.application import Edge
from dramatis.ingest.adapters.edge.keys import WriteKeys
from dramatis.ingest.adapters.edge.mailgun import Mailgun
from dramatis.ingest.adapters.edge.postmark import Postmark
from dramatis.ingest.adapters.edge.sendgrid import SendGrid
from dramatis.ingest.adapters.edge.ses import Ses
from dramatis.ingest.adapters.edge.signatures import Freshness
from dramatis.ingest.adapters.edge.sns import Sns
from dramatis.ingest.adapters.edge.spool import Spool
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.links import LinkKeys
from dramatis.runtime import http, topics
from dramatis.runtime.common_settings import ApiKeys
from dramatis.runtime.event_log import NewRecord, Position, Record
from dramatis.runtime.memory_log import MemoryLog
from tests.unit.ingest.adapters.edge.senders import MAILGUN_KEY, TOPIC, Amazon, SendGridSender
from tests.unit.ingest.fakes import make_world, records

KEY = "acme-0123456789abcdef"
PUBLIC_KEY = "page-0123456789abcdef"
ORIGIN = "https://shop.example"
LINK_KEYS = LinkKeys.parse("acme:k1:0123456789abcdef0123456789abcdef")
WORD = "0123456789abcdef"


class BrokenLog(MemoryLog):
    """A log that cannot be written while `broken`."""

    broken = False

    async def append(self, new: Sequence[NewRecord]) -> Sequence[Position]:
        if self.broken:
            raise Unavailable("the log is down", retry_after_seconds=2.0)
        return await super().append(new)


@dataclass
class Served:
    """An edge that listens, and all that stands behind it."""

    client: httpx.AsyncClient
    world: World
    log: BrokenLog
    spool: Spool
    port: int
    sendgrid: SendGridSender
    amazon: Amazon
    ready: list[bool] = field(default_factory=lambda: [True])

    async def post(
        self, path: str, json: Any, key: str | None = KEY, **more: Any
    ) -> httpx.Response:
        auth = httpx.BasicAuth(key, "") if key else None
        return await self.client.post(path, json=json, auth=auth, **more)

    async def events(self) -> list[event_pb2.Event]:
        """All that came into the log."""
        found = await records(self.world, topics.RECIPIENT_EVENTS.name)
        return [event_pb2.Event.FromString(each.value) for each in found]

    async def letters(self) -> Sequence[Record]:
        return await records(self.world, topics.DEAD_LETTERS.name)


def edge_of(sendgrid: SendGridSender, amazon: Amazon) -> Edge:
    fresh = Freshness()
    keys = ApiKeys.parse(f"acme:{KEY}"), ApiKeys.parse(f"acme:{PUBLIC_KEY}")
    hooks = {
        ("sendgrid", "acme"): SendGrid(sendgrid.public_key, fresh),
        ("mailgun", "acme"): Mailgun(MAILGUN_KEY, fresh),
        ("ses", "acme"): Ses(Sns(amazon.fetch, fresh), [TOPIC], confirm=True),
        ("postmark", "acme"): Postmark(header="X-Secret", value=WORD),
    }
    return Edge(WriteKeys(*keys, origins=frozenset({ORIGIN})), hooks, LINK_KEYS)


@asynccontextmanager
async def serving(**changes: Any) -> AsyncIterator[Served]:
    """The edge, told what a test changes of it."""
    log = BrokenLog()
    world = replace(make_world(), log=log)
    sendgrid, amazon, ready = SendGridSender(), Amazon(), [True]
    edge = replace(edge_of(sendgrid, amazon), **changes)
    async with spool.running(world) as waiting:
        app = application.build(edge, world, waiting, lambda: ready[0])
        options = application.server_options(edge)
        async with (
            http.serve("127.0.0.1:0", app, **options) as port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
        ):
            yield Served(client, world, log, waiting, port, sendgrid, amazon, ready)
