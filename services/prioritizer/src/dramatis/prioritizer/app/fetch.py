"""Large snapshots: the log only says that they are there, and they are fetched beside all else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from enum import StrEnum

from dramatis.core.errors import DramatisError
from dramatis.core.snapshot import SnapshotReference
from dramatis.prioritizer.ports import About, Batch, Bodies, Change, Feed, Shelf


class Fetched(StrEnum):
    """How an attempt went."""

    KEPT = "kept"
    FETCHED = "fetched"
    FAILED = "failed"


Tell = Callable[[Fetched | None, int, DramatisError | None], None]
"""Told of each attempt (None: only the number changed), how many are awaited, and what is wrong."""


class Fetching:
    """A `Feed` in which snapshots come once they are whole, in place of references to them.

    Nothing waits for them: until they are there, what was before goes on. Of each tenant one is
    fetched at a time, for as long as it takes, and after it the newest that was told of meanwhile.
    """

    def __init__(
        self,
        feed: Feed,
        shelf: Shelf,
        bodies: Bodies,
        delays: Callable[[], Iterator[float]],
        tell: Tell,
    ) -> None:
        """Makes it.

        Args:
            feed: says what is there.
            shelf: what is on disk already is not fetched.
            bodies: where the rest is fetched from.
            delays: seconds between attempts, anew for each snapshot.
            tell: told how it goes.
        """
        self._feed = feed
        self._shelf = shelf
        self._bodies = bodies
        self._delays = delays
        self._tell = tell
        self._current = False
        self._wanted: dict[str, SnapshotReference] = {}
        self._fetches: dict[str, asyncio.Task[None]] = {}

    async def follow(self) -> AsyncIterator[Batch]:
        """See `Feed`."""
        batches: asyncio.Queue[Batch] = asyncio.Queue(1)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read(batches, tasks))
            while True:
                yield await batches.get()

    async def _read(self, batches: asyncio.Queue[Batch], tasks: asyncio.TaskGroup) -> None:
        async for batch in self._feed.follow():
            self._current = batch.current
            changes = [each for each in batch.changes if each.about is not About.REFERENCE]
            for change in _newest(batch.changes):
                if not isinstance(reference := change.value, SnapshotReference):
                    self._stop(change.tenant)
                elif (kept := await self._shelf.find(reference)) is not None:
                    self._stop(change.tenant)
                    changes.append(kept)
                    self._tell(Fetched.KEPT, len(self._fetches), None)
                else:
                    self._want(reference, batches, tasks)
            await batches.put(Batch(changes, batch.current))

    def _stop(self, tenant: str) -> None:
        """What a newer snapshot that is there takes the place of need not come any more."""
        self._wanted.pop(tenant, None)
        if (fetch := self._fetches.pop(tenant, None)) is not None:
            fetch.cancel()
            self._tell(None, len(self._fetches), None)

    def _want(
        self, reference: SnapshotReference, batches: asyncio.Queue[Batch], tasks: asyncio.TaskGroup
    ) -> None:
        """It is fetched, at once or after the one that is being fetched."""
        tenant = reference.tenant
        self._wanted[tenant] = reference
        if tenant not in self._fetches:
            self._fetches[tenant] = tasks.create_task(self._fetch(tenant, batches))

    async def _fetch(self, tenant: str, batches: asyncio.Queue[Batch]) -> None:
        """Fetches what is wanted until nothing newer is, however often that has to be tried."""
        self._tell(None, len(self._fetches), None)
        reference, delays = self._wanted[tenant], self._delays()
        while True:
            try:
                change = await self._bodies.fetch(reference)
            except DramatisError as error:
                self._tell(Fetched.FAILED, len(self._fetches), error)
                await asyncio.sleep(next(delays))
                reference = self._wanted[tenant]
                continue
            await batches.put(Batch([change], self._current))
            if reference is self._wanted[tenant]:
                break
            self._tell(Fetched.FETCHED, len(self._fetches), None)
            reference, delays = self._wanted[tenant], self._delays()
        del self._fetches[tenant], self._wanted[tenant]
        self._tell(Fetched.FETCHED, len(self._fetches), None)


def _newest(changes: Sequence[Change]) -> Collection[Change]:
    """Of each tenant the last snapshot, or reference to one."""
    about = (About.SNAPSHOT, About.REFERENCE)
    return {each.tenant: each for each in changes if each.about in about}.values()
