"""Keeping up: what the log says goes into memory first, then onto the disk."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

from dramatis.prioritizer.app.world import Drafts, World
from dramatis.prioritizer.domain.ladder import Rung
from dramatis.prioritizer.ports import About, Batch, Feed, Kept, Shelf

Tell = Callable[[Drafts], None]
"""Told of all tables that were made, or could not be."""


async def restore(world: World, shelf: Shelf, tell: Tell) -> None:
    """Takes in what the disk holds, so that decisions can start with everything else down."""
    kept: Kept = await shelf.load()
    world.list(kept.listings)
    drafts = world.draft(world.update(kept.changes, Rung.DISK_SNAPSHOT))
    world.complete = kept.complete
    world.swap(drafts)
    tell(drafts)


async def follow(
    world: World, feed: Feed, shelf: Shelf, ready: Callable[[bool], None], tell: Tell
) -> None:
    """Takes in what the log says, without end.

    Args:
        world: updated before the disk is: a denial holds from the next decision on.
        feed: the log.
        shelf: the disk; when it fails, memory goes on alone.
        ready: told True once everything that the log held has been taken in.
        tell: told of all tables that were made, or could not be.
    """
    async for batch in feed.follow():
        drafts = await take(world, batch)
        tell(drafts)
        if batch.current:
            ready(True)
        await shelf.save(_without(batch, drafts.failures))


async def take(world: World, batch: Batch) -> Drafts:
    """Takes one batch in; new tables replace the old ones in one step."""
    stale = world.update(batch.changes, Rung.LIVE_POSTERIOR)
    if batch.current:
        world.complete = True
    drafts = await asyncio.to_thread(world.draft, stale) if stale else Drafts({}, {})
    world.swap(drafts)
    return drafts


def _without(batch: Batch, tenants: Collection[str]) -> Batch:
    """The batch without what these tenants' tables cannot be made of; the disk keeps what they can.

    What recipients said is always in it.
    """
    left = [
        each
        for each in batch.changes
        if each.about is About.RECIPIENT or each.tenant not in tenants
    ]
    return replace(batch, changes=left)
