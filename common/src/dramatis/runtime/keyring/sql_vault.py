"""Keys and ledger in a database that all services share."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import delete, func, select, update

from dramatis.runtime import sql
from dramatis.runtime.database import Database, Transaction
from dramatis.runtime.keyring.names import Who
from dramatis.runtime.keyring.tables import DATA_KEYS, ERASURES, ROOT
from dramatis.runtime.keyring.vault import Erasure, Found

MIGRATIONS: Final = Path(__file__).parent / "migrations"


class SqlVault:
    """A `Vault` on tables."""

    def __init__(self, database: Database, deleted: Callable[[], None] = lambda: None) -> None:
        """Makes it of an open database.

        Args:
            database: with the migrations of this package.
            deleted: called after a key was deleted.
        """
        self._database = database
        self._deleted = deleted

    async def root(self, fresh: bytes) -> bytes:
        """See `Vault`."""
        held = await self._database.read(_root)
        return held or await self._database.write(lambda tx: _make_root(tx, fresh))

    async def replace_root(self, old: bytes, new: bytes) -> None:
        """See `Vault`."""
        statement = update(ROOT).where(ROOT.c.wrapped == old).values(wrapped=new)
        await self._database.write(lambda tx: tx.execute(statement) and None)

    async def find(self, wanted: Collection[Who]) -> Found:
        """See `Vault`."""
        return await self._database.read(lambda tx: _find(tx, wanted))

    async def add(self, offered: Mapping[Who, bytes]) -> Found:
        """See `Vault`."""
        return await self._database.write(lambda tx: _add(tx, offered))

    async def erase(self, who: Who, time: datetime) -> datetime:
        """See `Vault`."""
        erased_at = await self._database.write(lambda tx: _erase(tx, who, time))
        self._deleted()
        return erased_at

    async def erased_at(self, who: Who) -> datetime | None:
        """See `Vault`."""
        return await self._database.read(lambda tx: _erased_at(tx, who))

    async def erasures(self, after: int, most: int) -> Sequence[Erasure]:
        """See `Vault`."""
        at = ERASURES.c
        statement = (
            select(at.number, at.tenant, at.pseudonym, at.erased_at)
            .where(at.number > after)
            .order_by(at.number)
            .limit(most)
        )
        found = await self._database.read(lambda tx: tx.execute(statement).all())
        return [Erasure(*row) for row in found]


def _root(tx: Transaction) -> bytes:
    """Nothing where there is none yet."""
    return bytes(tx.scalar(select(ROOT.c.wrapped)) or b"")


def _make_root(tx: Transaction, fresh: bytes) -> bytes:
    row = {"only_row": 1, "wrapped": fresh}
    tx.execute(sql.insert(tx, ROOT).on_conflict_do_nothing(), [row])
    return _root(tx)


def _find(tx: Transaction, wanted: Collection[Who]) -> Found:
    keys, at = DATA_KEYS.c, ERASURES.c
    names = select(sql.values([pseudonym for _, pseudonym in wanted]).c.value)
    held = select(keys.tenant, keys.pseudonym, keys.wrapped).where(keys.pseudonym.in_(names))
    gone = select(at.tenant, at.pseudonym).where(at.pseudonym.in_(names))
    asked = set(wanted)
    found = {(tenant, name): bytes(wrapped) for tenant, name, wrapped in tx.execute(held)}
    erased = {(tenant, name) for tenant, name in tx.execute(gone)}
    return Found({who: key for who, key in found.items() if who in asked}, erased & asked)


def _add(tx: Transaction, offered: Mapping[Who, bytes]) -> Found:
    before = _find(tx, offered)
    new = {
        who: wrapped
        for who, wrapped in offered.items()
        if who not in before.keys and who not in before.erased
    }
    if new:
        columns = ("tenant", "pseudonym", "wrapped")
        lines = [dict(zip(columns, (*who, key), strict=True)) for who, key in new.items()]
        tx.execute(sql.insert(tx, DATA_KEYS), lines)
    return Found({**before.keys, **new}, before.erased)


def _erase(tx: Transaction, who: Who, time: datetime) -> datetime:
    sql.erase_bytes(tx)
    tx.execute(delete(DATA_KEYS).where(DATA_KEYS.c.pseudonym == who[1]))
    if (before := _erased_at(tx, who)) is not None:
        return before
    last = tx.scalar(select(func.max(ERASURES.c.number))) or 0
    row = {"number": last + 1, "tenant": who[0], "pseudonym": who[1], "erased_at": time}
    tx.execute(sql.insert(tx, ERASURES), [row])
    return time


def _erased_at(tx: Transaction, who: Who) -> datetime | None:
    at = ERASURES.c
    found = select(at.erased_at).where(at.pseudonym == who[1], at.tenant == who[0])
    return tx.scalar(found)
