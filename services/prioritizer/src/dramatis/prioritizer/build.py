"""Opens the adapters and hands them to the use cases."""

import numpy as np

from dramatis.prioritizer.adapters import sqlite_schema
from dramatis.prioritizer.adapters.desk import Desk
from dramatis.prioritizer.adapters.grpc_servicer import PrioritizerServicer, add_to_server
from dramatis.prioritizer.adapters.log_feed import LogFeed
from dramatis.prioritizer.adapters.outbox import Relay
from dramatis.prioritizer.adapters.sqlite_ledger import SqliteLedger
from dramatis.prioritizer.adapters.sqlite_shelf import SqliteShelf
from dramatis.prioritizer.app.follow import follow, restore
from dramatis.prioritizer.app.world import World
from dramatis.prioritizer.settings import Settings
from dramatis.runtime import sqlite_log
from dramatis.runtime.clock import now
from dramatis.runtime.parts import Parts
from dramatis.runtime.sqlite import Database


async def build(parts: Parts, settings: Settings) -> None:
    """Opens everything and starts to answer."""
    rng = np.random.default_rng()
    folder = settings.state_dir
    database = await parts.enter(
        Database.open(folder / sqlite_schema.FILE_NAME, sqlite_schema.MIGRATIONS)
    )
    log = await parts.enter(sqlite_log.SqliteLog.open(folder / sqlite_log.FILE_NAME))
    world, shelf = World(), SqliteShelf(database)
    await restore(world, shelf)
    ready = parts.condition("state")
    ready(world.complete)
    relay = Relay(database, log, rng)
    ledger = SqliteLedger(database, now, posted=relay.wake, listed=world.list)
    desk = Desk(world, ledger, now, hard=settings.scoring == "hard")
    parts.serve(add_to_server, PrioritizerServicer(desk, ledger))
    parts.background("follow", lambda: follow(world, LogFeed(log, rng), shelf, ready))
    parts.background("relay", relay.run)
