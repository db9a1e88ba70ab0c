"""What connectors remember, in this process's own memory: the adapter for tests."""

from collections.abc import Collection, Sequence
from datetime import datetime

from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.feeds.leases import lost
from dramatis.ingest.ports import Noted, Progress


class MemoryCursors:
    """`Cursors` in dictionaries."""

    def __init__(self) -> None:
        self._leases: dict[Name, tuple[str, datetime]] = {}
        self._cursors: dict[Name, str] = {}
        self._noted: dict[tuple[str, str], Noted] = {}

    async def lease(self, name: Name, holder: str, now: datetime, until: datetime) -> bool:
        """See `Cursors`."""
        whose, end = self._leases.get(name, (holder, until))
        if whose != holder and end > now:
            return False
        self._leases[name] = (holder, until)
        return True

    async def release(self, name: Name, holder: str) -> None:
        """See `Cursors`."""
        if self._leases.get(name, ("",))[0] == holder:
            del self._leases[name]

    async def cursor(self, name: Name) -> str:
        """See `Cursors`."""
        return self._cursors.get(name, "")

    async def save(self, progress: Progress) -> None:
        """See `Cursors`."""
        tenant, name = progress.name.tenant, progress.name
        if self._leases.get(name, ("",))[0] != progress.holder:
            raise lost(name)
        self._cursors[name] = progress.cursor
        for each in progress.noted:
            self._noted.setdefault((tenant, each.signal_id), each)
        for signal_id in progress.withdrawn:
            self._noted.pop((tenant, signal_id), None)

    async def noted(
        self, tenant: str, keys: Collection[str], authors: Collection[str]
    ) -> Sequence[Noted]:
        """See `Cursors`."""
        return [
            each
            for (whose, _), each in sorted(self._noted.items())
            if whose == tenant and (each.key in keys or (each.author and each.author in authors))
        ]

    async def recent(self, tenant: str, most: int) -> Sequence[Noted]:
        """See `Cursors`."""
        mine = [each for (whose, _), each in self._noted.items() if whose == tenant]
        return sorted(mine, key=lambda each: (each.time, each.signal_id))[-most:]

    async def forget_noted(self, before: datetime) -> int:
        """See `Cursors`."""
        old = [at for at, each in self._noted.items() if each.time < before]
        for at in old:
            del self._noted[at]
        return len(old)
