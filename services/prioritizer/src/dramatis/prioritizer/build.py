"""Opens the adapters and hands them to the use cases."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Final, TypeVar

import numpy as np
import structlog

from dramatis.core.errors import Conflict, Unavailable
from dramatis.prioritizer.adapters import sqlite_schema
from dramatis.prioritizer.adapters.desk import Desk
from dramatis.prioritizer.adapters.fetch_watch import watch_fetches
from dramatis.prioritizer.adapters.grpc_bodies import GrpcBodies
from dramatis.prioritizer.adapters.grpc_servicer import PrioritizerServicer, add_to_server
from dramatis.prioritizer.adapters.log_feed import LogFeed
from dramatis.prioritizer.adapters.outbox import Relay
from dramatis.prioritizer.adapters.snapshot_files import SnapshotFiles
from dramatis.prioritizer.adapters.sqlite_ledger import SqliteLedger
from dramatis.prioritizer.adapters.sqlite_naming import name_all
from dramatis.prioritizer.adapters.sqlite_shelf import SqliteShelf
from dramatis.prioritizer.adapters.table_watch import TableWatch
from dramatis.prioritizer.app.fetch import Fetching
from dramatis.prioritizer.app.follow import follow, restore
from dramatis.prioritizer.app.world import World
from dramatis.prioritizer.settings import Settings
from dramatis.runtime import backoff
from dramatis.runtime.clock import now
from dramatis.runtime.home import SqliteHome
from dramatis.runtime.keyring import follow as ledger_of_erasures
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.keyring.opening import kept_names, open_keyring
from dramatis.runtime.keyring.ring import Keyring
from dramatis.runtime.keyring.vault import Erasure
from dramatis.runtime.open_log import open_log
from dramatis.runtime.parts import Parts
from dramatis.runtime.scrub import scrubbing
from dramatis.runtime.sealed_log import SealedLog
from dramatis.runtime.sqlite import Database

SNAPSHOT_FOLDER: Final = "prioritizer-snapshots"
T = TypeVar("T")

_logger = structlog.get_logger(__name__)


async def build(parts: Parts, settings: Settings) -> None:
    """Restores the last good state and starts to answer; keys and log are opened beside that."""
    rng = np.random.default_rng()
    path = settings.state_dir / sqlite_schema.FILE_NAME
    names = await known_names(settings, rng)
    database = await parts.enter(Database.open(path, sqlite_schema.MIGRATIONS))
    await database.write(lambda tx: name_all(tx, names.pseudonym))
    deleted = await parts.enter(scrubbing(SqliteHome(path)))
    files = SnapshotFiles(settings.state_dir / SNAPSHOT_FOLDER)
    world, shelf, watch = World(names.pseudonym), SqliteShelf(database, files), TableWatch()
    await restore(world, shelf, watch)
    ready = parts.condition("state")
    ready(world.complete)
    relay = Relay(database, rng)
    ledger = SqliteLedger(
        database, now, names.pseudonym, posted=relay.wake, listed=world.list, deleted=deleted
    )
    desk = Desk(world, ledger, now, hard=settings.scoring == "hard")
    parts.serve(add_to_server, PrioritizerServicer(desk, ledger))

    async def drop(entries: Sequence[Erasure]) -> None:
        erased = [(each.tenant, each.pseudonym) for each in entries]
        world.forget(erased)
        await ledger.forget(erased)

    async def with_log() -> None:
        async with (
            opened(lambda: keyring_of(settings, names), rng) as keyring,
            opened(lambda: open_log(settings), rng) as inner,
            GrpcBodies.open(settings.persona_target, settings.persona_keys.by_tenant) as bodies,
            asyncio.TaskGroup() as tasks,
        ):
            log = SealedLog(inner, keyring)
            feed = Fetching(
                LogFeed(log, rng, names.pseudonym),
                shelf,
                bodies,
                lambda: backoff.delays(rng),
                watch_fetches,
            )
            tasks.create_task(follow(world, feed, shelf, ready, watch))
            tasks.create_task(relay.run(log))
            tasks.create_task(ledger_of_erasures.follow(keyring, drop))

    parts.background("log", with_log)


async def known_names(settings: Settings, rng: np.random.Generator) -> Names:
    """From the state folder, so that decisions need no database; the first time from that."""
    if (names := await kept_names(settings)) is not None:
        return names
    async with opened(lambda: open_keyring(settings), rng) as keyring:
        return keyring.names


@asynccontextmanager
async def keyring_of(settings: Settings, names: Names) -> AsyncIterator[Keyring]:
    """The keyring, where it knows recipients by the names that decisions rest on.

    Raises:
        Conflict: it is another installation's.
    """
    async with open_keyring(settings) as keyring:
        if keyring.names != names:
            raise Conflict(
                "the keys in the database are not those that this state folder was used with: "
                "restore them, or start on another folder",
                reason="OTHER_KEYS",
            )
        yield keyring


@asynccontextmanager
async def opened(
    part: Callable[[], AbstractAsyncContextManager[T]], rng: np.random.Generator
) -> AsyncIterator[T]:
    """The part, however long it takes to open: decisions do not wait for it."""
    async with AsyncExitStack() as stack:
        yield await _open(stack, part, rng)


async def _open(
    stack: AsyncExitStack,
    part: Callable[[], AbstractAsyncContextManager[T]],
    rng: np.random.Generator,
) -> T:
    delays = backoff.delays(rng)
    while True:
        try:
            return await stack.enter_async_context(part())
        except Unavailable as error:
            _logger.warning("log or keys cannot be opened", reason=error.reason)
            await asyncio.sleep(next(delays))
