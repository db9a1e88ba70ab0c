"""Keeping up: what the log says goes into memory first, then onto the disk."""

import asyncio
from collections.abc import Callable

from dramatis.prioritizer.app.world import World
from dramatis.prioritizer.domain.ladder import Rung
from dramatis.prioritizer.ports import Batch, Feed, Kept, Shelf


async def restore(world: World, shelf: Shelf) -> None:
    """Takes in what the disk holds, so that decisions can start with everything else down."""
    kept: Kept = await shelf.load()
    world.list(kept.listings)
    stale = world.update(kept.changes, Rung.DISK_SNAPSHOT)
    world.complete = kept.complete
    world.swap(world.draft(stale))


async def follow(world: World, feed: Feed, shelf: Shelf, ready: Callable[[bool], None]) -> None:
    """Takes in what the log says, without end.

    Args:
        world: updated before the disk is: a denial holds from the next decision on.
        feed: the log.
        shelf: the disk; when it fails, memory goes on alone.
        ready: told True once everything that the log held has been taken in.
    """
    async for batch in feed.follow():
        await take(world, batch)
        if batch.current:
            ready(True)
        await shelf.save(batch)


async def take(world: World, batch: Batch) -> None:
    """Takes one batch in; new tables replace the old ones in one step."""
    stale = world.update(batch.changes, Rung.LIVE_POSTERIOR)
    if batch.current:
        world.complete = True
    if stale:
        world.swap(await asyncio.to_thread(world.draft, stale))
