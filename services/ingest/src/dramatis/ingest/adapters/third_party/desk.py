"""All third parties of a process, made ready and started, and what is over removed again."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import structlog

from dramatis.core.errors import Retryable
from dramatis.ingest import metrics
from dramatis.ingest.adapters.feeds.runner import Runner
from dramatis.ingest.adapters.feeds.web import Web
from dramatis.ingest.adapters.third_party.files import Files
from dramatis.ingest.adapters.third_party.party_file import Described
from dramatis.ingest.app.feeds import Desk
from dramatis.ingest.app.third_party import Bureau
from dramatis.ingest.domain.feeds.connector import Name
from dramatis.runtime.parts import Parts

SWEEP = Name("", "third-party")
_logger = structlog.get_logger(__name__)


def start(
    parts: Parts,
    desk: Desk,
    bureau: Bureau,
    web: Web,
    described: Iterable[Described],
    lease: timedelta,
) -> None:
    """Reads each file beside the server, as long as no other process does."""
    holder = uuid.uuid4().hex
    for each in described:
        files = Files(web, each, desk.world.clock)
        runner = Runner(desk, each.party, files, holder, lease=lease, take=bureau.take_in)
        parts.background(f"third party {each.party.name.connector}", runner.run)


async def keep_sweeping(
    desk: Desk, bureau: Bureau, covered: Mapping[Name, Sequence[str]], pause: timedelta
) -> None:
    """Removes what is over, again and again, in one process at a time, until cancelled."""
    holder = uuid.uuid4().hex
    while True:
        now = desk.world.clock()
        try:
            if await desk.cursors.lease(SWEEP, holder, now, now + pause):
                removed = await bureau.sweep(desk.world, covered)
                for reason, recipients in removed.items():
                    metrics.THIRD_PARTY_REMOVED.labels(reason).inc(recipients)
        except Retryable as error:
            _logger.warning("third parties' data is swept later", reason=error.reason)
        await asyncio.sleep(pause.total_seconds())
