"""Opens the adapters and hands them to the use cases."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import numpy as np
import structlog

from dramatis.core.errors import Unavailable
from dramatis.prioritizer.adapters import sqlite_schema
from dramatis.prioritizer.adapters.desk import Desk
from dramatis.prioritizer.adapters.grpc_servicer import PrioritizerServicer, add_to_server
from dramatis.prioritizer.adapters.log_feed import LogFeed
from dramatis.prioritizer.adapters.outbox import Relay
from dramatis.prioritizer.adapters.sqlite_ledger import SqliteLedger
from dramatis.prioritizer.adapters.sqlite_shelf import SqliteShelf
from dramatis.prioritizer.adapters.table_watch import TableWatch
from dramatis.prioritizer.app.follow import follow, restore
from dramatis.prioritizer.app.world import World
from dramatis.prioritizer.settings import Settings
from dramatis.runtime import backoff
from dramatis.runtime.clock import now
from dramatis.runtime.event_log import EventLog
from dramatis.runtime.open_log import open_log
from dramatis.runtime.parts import Parts
from dramatis.runtime.sqlite import Database

_logger = structlog.get_logger(__name__)


async def build(parts: Parts, settings: Settings) -> None:
    """Restores the last good state and starts to answer; the log is opened beside that."""
    rng = np.random.default_rng()
    database = await parts.enter(
        Database.open(settings.state_dir / sqlite_schema.FILE_NAME, sqlite_schema.MIGRATIONS)
    )
    world, shelf, watch = World(), SqliteShelf(database), TableWatch()
    await restore(world, shelf, watch)
    ready = parts.condition("state")
    ready(world.complete)
    relay = Relay(database, rng)
    ledger = SqliteLedger(database, now, posted=relay.wake, listed=world.list)
    desk = Desk(world, ledger, now, hard=settings.scoring == "hard")
    parts.serve(add_to_server, PrioritizerServicer(desk, ledger))

    async def with_log() -> None:
        async with opened(settings, rng) as log, asyncio.TaskGroup() as tasks:
            tasks.create_task(follow(world, LogFeed(log, rng), shelf, ready, watch))
            tasks.create_task(relay.run(log))

    parts.background("log", with_log)


@asynccontextmanager
async def opened(settings: Settings, rng: np.random.Generator) -> AsyncIterator[EventLog]:
    """The event log, however long it takes to open: decisions do not wait for it."""
    async with AsyncExitStack() as stack:
        yield await _open(stack, settings, rng)


async def _open(stack: AsyncExitStack, settings: Settings, rng: np.random.Generator) -> EventLog:
    delays = backoff.delays(rng)
    while True:
        try:
            return await stack.enter_async_context(open_log(settings))
        except Unavailable as error:
            _logger.warning("the log cannot be opened", reason=error.reason)
            await asyncio.sleep(next(delays))
