"""Ingest's memory in a database: a SQLite file or a schema of PostgreSQL."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from dramatis.core.request import Request
from dramatis.ingest.adapters import (
    database_naming,
    database_notes,
    database_reads,
    database_writes,
    recent_events,
)
from dramatis.ingest.adapters.recent_events import RecentEvents
from dramatis.ingest.domain.merge import Held
from dramatis.ingest.domain.notes import DayNote
from dramatis.ingest.domain.rules import Known
from dramatis.ingest.ports import Answer, Effect, HeldCampaign, HeldEvent, HeldRecipient
from dramatis.runtime import positions
from dramatis.runtime.database import Database, Transaction, open_database
from dramatis.runtime.home import Home
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.scrub import scrubbing

GROUP: Final = "ingest"
MIGRATIONS: Final = Path(__file__).parent / "migrations"


class DatabaseStore:
    """A `Store` on tables of its own."""

    def __init__(self, database: Database, deleted: Callable[[], None]) -> None:
        """Makes it.

        Args:
            database: with its migrations.
            deleted: called after recipients were deleted.
        """
        self._database = database
        self._deleted = deleted
        self._recent = RecentEvents(database)

    @classmethod
    @asynccontextmanager
    async def open(cls, home: Home) -> AsyncIterator["DatabaseStore"]:
        """Opens the store, makes it if missing.

        Raises:
            Unavailable: it cannot be used; the message says what to do.
        """
        async with open_database(home, MIGRATIONS) as database, scrubbing(home) as deleted:
            store = cls(database, deleted)
            await store.sort_in()
            yield store

    async def answer(self, request: Request) -> bytes | None:
        """See `Store`."""
        return await self._database.read(lambda tx: database_reads.answer(tx, request))

    async def known(
        self, tenant: str, event_ids: Collection[str], recipient_ids: Collection[str]
    ) -> Known:
        """See `Store`."""
        recent = self._recent.among(tenant, event_ids)
        left = [each for each in event_ids if each not in recent] if recent else event_ids
        known = await self._database.read(
            lambda tx: database_reads.known(tx, tenant, left, recipient_ids)
        )
        return replace(known, seen={*known.seen, *recent}) if recent else known

    async def consents(self, tenant: str, recipient_ids: Collection[str]) -> Mapping[str, Held]:
        """See `Store`."""
        return await self._database.read(
            lambda tx: database_reads.consents(tx, tenant, recipient_ids)
        )

    async def signals(self, tenant: str, signal_ids: Collection[str]) -> Collection[str]:
        """See `Store`."""
        return await self._database.read(lambda tx: database_reads.signals(tx, tenant, signal_ids))

    async def campaigns(
        self, tenant: str, campaign_ids: Collection[str]
    ) -> Mapping[str, HeldCampaign]:
        """See `Store`."""
        return await self._database.read(
            lambda tx: database_reads.campaigns(tx, tenant, campaign_ids)
        )

    async def list_campaigns(self, tenant: str, after: str, most: int) -> Sequence[HeldCampaign]:
        """See `Store`."""
        return await self._database.read(
            lambda tx: database_reads.list_campaigns(tx, tenant, after, most)
        )

    async def save(self, effect: Effect) -> None:
        """See `Store`."""
        recent = await self._database.write(lambda tx: database_writes.save(tx, effect))
        self._recent.add(effect.tenant, recent)

    async def list_notes(
        self, tenant: str, days: tuple[str, str], after: DayNote, most: int
    ) -> Sequence[tuple[DayNote, int]]:
        """See `Store`."""
        return await self._database.read(
            lambda tx: database_notes.listed(tx, tenant, days, after, most)
        )

    async def recipient(self, tenant: str, recipient_id: str) -> HeldRecipient | None:
        """See `Store`."""
        if self._recent.waiting:
            await self.sort_in()
        return await self._database.read(
            lambda tx: database_reads.recipient(tx, tenant, recipient_id)
        )

    async def erasure(self, tenant: str, recipient_id: str) -> datetime | None:
        """See `Store`."""
        return await self._database.read(
            lambda tx: database_reads.erasure(tx, tenant, recipient_id)
        )

    async def erase(self, recipient_id: str, time: datetime, answer: Answer) -> None:
        """See `Store`."""
        async with self._recent.sorted_in():
            await self._database.write(
                lambda tx: database_writes.erase(tx, recipient_id, time, answer)
            )

    async def forget(self, tenant: str, recipient_ids: Collection[str]) -> int:
        """See `Store`."""
        async with self._recent.sorted_in():
            gone = await self._database.write(
                lambda tx: database_writes.forget(tx, tenant, recipient_ids)
            )
        if gone:
            self._deleted()
        return gone

    async def sort_in(self) -> None:
        """Brings all events into their table, those too that an earlier process left outside."""
        async with self._recent.sorted_in():
            await self._database.write(recent_events.sort_in)

    async def name_all(self, names: Names) -> bool:
        """Brings rows of release 0.1.0 up; returns whether that release erased anybody."""
        return await self._database.write(lambda tx: database_naming.name_all(tx, names))

    async def followed(self) -> LogToken:
        """See `Store`."""
        return await self._database.read(lambda tx: positions.load(tx, GROUP))

    async def follow(self, effects: Sequence[Effect], position: LogToken) -> None:
        """See `Store`."""

        def work(tx: Transaction) -> Sequence[Sequence[HeldEvent]]:
            recent = [database_writes.save(tx, effect) for effect in effects]
            positions.save(tx, GROUP, position)
            return recent

        for effect, recent in zip(effects, await self._database.write(work), strict=True):
            self._recent.add(effect.tenant, recent)

    async def forget_notes(self, before: str) -> int:
        """See `Store`."""
        return await self._database.write(lambda tx: database_notes.forget(tx, before))

    async def forget_answers(self, before: datetime) -> int:
        """See `Store`."""
        return await self._database.write(lambda tx: database_writes.forget_answers(tx, before))

    async def forget_signals(self, before: datetime) -> int:
        """See `Store`."""
        return await self._database.write(lambda tx: database_writes.forget_signals(tx, before))
