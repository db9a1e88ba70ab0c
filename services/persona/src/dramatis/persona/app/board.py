"""The newest standing of each tenant in memory, and those who wait for the next one."""

import asyncio
from collections.abc import AsyncIterator

from dramatis.core.errors import Unavailable
from dramatis.persona.domain.standing import Standing


class Board:
    """Written by whoever publishes, with the tenant's lock held; read by every call."""

    def __init__(self) -> None:
        self._standings: dict[str, Standing] = {}
        self._doubted: set[str] = set()
        self._locks: dict[str, asyncio.Lock] = {}
        self._changed = asyncio.Condition()

    def lock(self, tenant: str) -> asyncio.Lock:
        """Held while a tenant's next standing is made: one at a time."""
        return self._locks.setdefault(tenant, asyncio.Lock())

    def find(self, tenant: str) -> Standing | None:
        """The tenant's standing, if there is one."""
        return self._standings.get(tenant)

    def get(self, tenant: str) -> Standing:
        """The tenant's standing.

        Raises:
            Unavailable: the first one is still being made.
        """
        if (standing := self.find(tenant)) is None:
            raise Unavailable("the first personas are still being made", reason="NO_PERSONAS_YET")
        return standing

    def doubt(self, tenant: str) -> None:
        """From now until the next `put`, what was saved may be newer than what is here."""
        self._doubted.add(tenant)

    def certain(self, tenant: str) -> bool:
        """Whether the tenant's standing here is the one that was saved last."""
        return tenant in self._standings and tenant not in self._doubted

    async def put(self, standing: Standing) -> None:
        """Makes it the newest and wakes those who wait."""
        async with self._changed:
            self._standings[standing.tenant] = standing
            self._doubted.discard(standing.tenant)
            self._changed.notify_all()

    async def watch(self, tenant: str) -> AsyncIterator[Standing]:
        """Yields the newest standing, then each newer one; a slow reader skips some."""
        last = ""
        while True:
            async with self._changed:
                while not self._newer(tenant, last):
                    await self._changed.wait()
                standing = self.get(tenant)
            last = standing.snapshot.snapshot_id
            yield standing

    def _newer(self, tenant: str, seen: str) -> bool:
        standing = self.find(tenant)
        return standing is not None and standing.snapshot.snapshot_id != seen
