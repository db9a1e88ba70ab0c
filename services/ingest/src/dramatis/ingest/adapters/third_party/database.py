"""What is held from third parties, in ingest's database.

Recipients are known by pseudonym, as everywhere in it. Their ids, which are needed to write of
them again, are sealed with their data keys: they go with the key.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, and_, delete, select, tuple_

from dramatis.ingest.adapters.tables import THIRD_PARTY
from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.third_party import Lent
from dramatis.ingest.ports import LedgerPage, LedgerPlace
from dramatis.runtime.database import Database, Transaction
from dramatis.runtime.keyring.cache import GONE
from dramatis.runtime.keyring.cipher import seal, unseal
from dramatis.runtime.keyring.names import Who
from dramatis.runtime.keyring.ring import Keyring
from dramatis.runtime.sql import upsert, values

_PLACE = (THIRD_PARTY.c.tenant, THIRD_PARTY.c.party, THIRD_PARTY.c.recipient_id)


class DatabaseLedger:
    """A `Ledger` on a table of its own."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def held(self, name: Name, recipient_ids: Collection[str]) -> Mapping[str, Lent]:
        """See `Ledger`."""
        people = self._people(name.tenant, recipient_ids)
        asked = select(THIRD_PARTY).where(_of(name, people))
        found = await self._database.read(lambda tx: list(tx.execute(asked)))
        return {people[row.recipient_id]: _lent(row, people[row.recipient_id]) for row in found}

    async def keep(self, tenant: str, lent: Sequence[Lent]) -> None:
        """See `Ledger`. Of the erased nothing is noted."""
        who = {each.recipient_id: self._who(tenant, each.recipient_id) for each in lent}
        keys = await self._keyring.issue(who.values())
        rows = [
            _row(who[each.recipient_id], keys[who[each.recipient_id]], each)
            for each in lent
            if keys[who[each.recipient_id]] != GONE
        ]
        if rows:
            await self._database.write(lambda tx: _write(tx, rows))

    async def drop(self, name: Name, recipient_ids: Collection[str]) -> None:
        """See `Ledger`."""
        gone = delete(THIRD_PARTY).where(_of(name, self._people(name.tenant, recipient_ids)))
        await self._database.write(lambda tx: tx.execute(gone))

    async def page(self, after: LedgerPlace, most: int) -> LedgerPage:
        """See `Ledger`."""
        asked = select(THIRD_PARTY).where(tuple_(*_PLACE) > tuple_(*after))
        ordered = asked.order_by(*_PLACE).limit(most)
        found = await self._database.read(lambda tx: list(tx.execute(ordered)))
        keys = await self._keyring.find([(row.tenant, row.recipient_id) for row in found])
        lent = [
            (Name(row.tenant, row.party), _lent(row, _unsealed(row, key)))
            for row in found
            if (key := keys.get((row.tenant, row.recipient_id), GONE)) != GONE
        ]
        last = found[-1] if found else None
        return LedgerPage(lent, (last.tenant, last.party, last.recipient_id) if last else None)

    def _who(self, tenant: str, recipient_id: str) -> Who:
        return tenant, self._keyring.names.pseudonym(tenant, recipient_id)

    def _people(self, tenant: str, recipient_ids: Collection[str]) -> Mapping[str, str]:
        """Ids by pseudonym."""
        return {self._who(tenant, each)[1]: each for each in recipient_ids}


def _of(name: Name, pseudonyms: Collection[str]) -> Any:
    return and_(
        THIRD_PARTY.c.tenant == name.tenant,
        THIRD_PARTY.c.party == name.connector,
        THIRD_PARTY.c.recipient_id.in_(select(values(pseudonyms).c.value)),
    )


def _write(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    tx.execute(upsert(tx, THIRD_PARTY), rows)


def _row(who: Who, key: bytes, lent: Lent) -> Mapping[str, Any]:
    return {
        "tenant": who[0],
        "party": lent.party,
        "recipient_id": who[1],
        "sealed_id": seal(key, lent.recipient_id.encode(), _place(who)),
        "names": json.dumps(list(lent.names)),
        "digest": lent.digest,
        "expires": lent.expires,
    }


def _lent(row: Row[Any], recipient_id: str) -> Lent:
    return Lent(row.party, recipient_id, json.loads(row.names), row.digest, row.expires)


def _unsealed(row: Row[Any], key: bytes) -> str:
    return unseal(key, row.sealed_id, _place((row.tenant, row.recipient_id))).decode()


def _place(who: Who) -> bytes:
    return f"third party\0{who[0]}\0{who[1]}".encode()
