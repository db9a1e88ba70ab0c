"""Keys and ledger in this process's memory: the adapter for tests. Nothing survives the process."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from dramatis.runtime.keyring.names import Who
from dramatis.runtime.keyring.vault import Erasure, Found


class MemoryVault:
    """A `Vault` in dictionaries."""

    def __init__(self) -> None:
        self._root = b""
        self._keys: dict[Who, bytes] = {}
        self._ledger: dict[Who, Erasure] = {}

    async def root(self, fresh: bytes) -> bytes:
        """See `Vault`."""
        self._root = self._root or fresh
        return self._root

    async def replace_root(self, old: bytes, new: bytes) -> None:
        """See `Vault`."""
        if self._root == old:
            self._root = new

    async def find(self, wanted: Collection[Who]) -> Found:
        """See `Vault`."""
        keys = {who: self._keys[who] for who in wanted if who in self._keys}
        return Found(keys, {who for who in wanted if who in self._ledger})

    async def add(self, offered: Mapping[Who, bytes]) -> Found:
        """See `Vault`."""
        for who, wrapped in offered.items():
            if who not in self._ledger:
                self._keys.setdefault(who, wrapped)
        return await self.find(offered)

    async def erase(self, who: Who, time: datetime) -> datetime:
        """See `Vault`."""
        self._keys.pop(who, None)
        return self._ledger.setdefault(who, Erasure(len(self._ledger) + 1, *who, time)).time

    async def erased_at(self, who: Who) -> datetime | None:
        """See `Vault`."""
        entry = self._ledger.get(who)
        return entry.time if entry else None

    async def erasures(self, after: int, most: int) -> Sequence[Erasure]:
        """See `Vault`."""
        return [each for each in self._ledger.values() if each.number > after][:most]
