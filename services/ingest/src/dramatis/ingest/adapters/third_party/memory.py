"""What is held from third parties, in this process's own memory: the adapter for tests."""

from collections.abc import Collection, Mapping, Sequence

from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.third_party import Lent
from dramatis.ingest.ports import LedgerPage, LedgerPlace


class MemoryLedger:
    """A `Ledger` in a dictionary."""

    def __init__(self) -> None:
        self._lent: dict[LedgerPlace, Lent] = {}

    async def held(self, name: Name, recipient_ids: Collection[str]) -> Mapping[str, Lent]:
        """See `Ledger`."""
        keys = {each: (name.tenant, name.connector, each) for each in recipient_ids}
        return {each: self._lent[key] for each, key in keys.items() if key in self._lent}

    async def keep(self, tenant: str, lent: Sequence[Lent]) -> None:
        """See `Ledger`."""
        self._lent.update({(tenant, each.party, each.recipient_id): each for each in lent})

    async def drop(self, name: Name, recipient_ids: Collection[str]) -> None:
        """See `Ledger`."""
        for each in recipient_ids:
            self._lent.pop((name.tenant, name.connector, each), None)

    async def page(self, after: LedgerPlace, most: int) -> LedgerPage:
        """See `Ledger`."""
        places = [each for each in sorted(self._lent) if each > after][:most]
        lent = [(Name(each[0], each[1]), self._lent[each]) for each in places]
        return LedgerPage(lent, places[-1] if places else None)
