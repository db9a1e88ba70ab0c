"""A store that never learns who anybody is: recipients and events get pseudonyms on their way in.

So what it holds of a recipient can be found and deleted by whoever reads the ledger of erasures,
which names nobody. Who was erased is the keyring's to say, and for those of release 0.1.0 the
store's own, which knows them by a digest of their ids.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from dramatis.core.request import Request
from dramatis.ingest.domain.merge import Held
from dramatis.ingest.domain.notes import DayNote
from dramatis.ingest.domain.rules import Known
from dramatis.ingest.ports import Answer, Effect, HeldCampaign, HeldEvent, HeldRecipient, Store
from dramatis.runtime.keyring.ring import Keyring
from dramatis.runtime.keyring.vault import Erasure
from dramatis.runtime.log_token import LogToken


class PseudonymousStore:
    """A `Store` on another one."""

    def __init__(self, inner: Store, keyring: Keyring, *, old_erasures: bool = False) -> None:
        """Makes it.

        Args:
            inner: what it keeps everything in.
            keyring: pseudonyms, and who was erased.
            old_erasures: whether the inner store may know of some from release 0.1.0.
        """
        self._inner = inner
        self._keyring = keyring
        self._old_erasures = old_erasures

    async def answer(self, request: Request) -> bytes | None:
        """See `Store`."""
        return await self._inner.answer(request)

    async def known(
        self, tenant: str, event_ids: Collection[str], recipient_ids: Collection[str]
    ) -> Known:
        """See `Store`."""
        events, people = self._events(tenant, event_ids), self._people(tenant, recipient_ids)
        known, gone = await asyncio.gather(
            self._inner.known(tenant, events, people), self._keyring.erased(tenant, people)
        )
        erased = {people[each] for each in gone}
        if self._old_erasures:
            erased |= set((await self._inner.known(tenant, (), recipient_ids)).erased)
        return replace(
            known,
            seen={events[each] for each in known.seen},
            erased=erased,
            permissions={people[each]: held for each, held in known.permissions.items()},
            zones={people[each]: zone for each, zone in known.zones.items()},
        )

    async def consents(self, tenant: str, recipient_ids: Collection[str]) -> Mapping[str, Held]:
        """See `Store`."""
        people = self._people(tenant, recipient_ids)
        found = await self._inner.consents(tenant, people)
        return {people[each]: held for each, held in found.items()}

    async def signals(self, tenant: str, signal_ids: Collection[str]) -> Collection[str]:
        """See `Store`."""
        return await self._inner.signals(tenant, signal_ids)

    async def campaigns(
        self, tenant: str, campaign_ids: Collection[str]
    ) -> Mapping[str, HeldCampaign]:
        """See `Store`."""
        return await self._inner.campaigns(tenant, campaign_ids)

    async def list_campaigns(self, tenant: str, after: str, most: int) -> Sequence[HeldCampaign]:
        """See `Store`."""
        return await self._inner.list_campaigns(tenant, after, most)

    async def save(self, effect: Effect) -> None:
        """See `Store`."""
        await self._inner.save(self._named(effect))

    async def recipient(self, tenant: str, recipient_id: str) -> HeldRecipient | None:
        """See `Store`."""
        return await self._inner.recipient(tenant, self._name(tenant, recipient_id))

    async def erasure(self, tenant: str, recipient_id: str) -> datetime | None:
        """See `Store`."""
        time = await self._keyring.erased_at(tenant, recipient_id)
        return time or await self._inner.erasure(tenant, recipient_id)

    async def erase(self, recipient_id: str, time: datetime, answer: Answer) -> None:
        """See `Store`. With the key everything goes that the log or a backup holds."""
        tenant = answer.request.tenant
        await self._keyring.erase(tenant, recipient_id, time)
        await self.forget(tenant, [recipient_id])
        await self._inner.save(Effect(tenant, answer=answer))

    async def forget(self, tenant: str, recipient_ids: Collection[str]) -> int:
        """See `Store`."""
        return await self._inner.forget(tenant, self._people(tenant, recipient_ids))

    async def drop(self, erased: Sequence[Erasure]) -> None:
        """Forgets those whom the ledger names."""
        for tenant in sorted({each.tenant for each in erased}):
            gone = [each.pseudonym for each in erased if each.tenant == tenant]
            await self._inner.forget(tenant, gone)

    async def list_notes(
        self, tenant: str, days: tuple[str, str], after: DayNote, most: int
    ) -> Sequence[tuple[DayNote, int]]:
        """See `Store`."""
        return await self._inner.list_notes(tenant, days, after, most)

    async def followed(self) -> LogToken:
        """See `Store`."""
        return await self._inner.followed()

    async def follow(self, effects: Sequence[Effect], position: LogToken) -> None:
        """See `Store`."""
        await self._inner.follow([self._named(each) for each in effects], position)

    async def forget_notes(self, before: str) -> int:
        """See `Store`."""
        return await self._inner.forget_notes(before)

    async def forget_answers(self, before: datetime) -> int:
        """See `Store`."""
        return await self._inner.forget_answers(before)

    async def forget_signals(self, before: datetime) -> int:
        """See `Store`."""
        return await self._inner.forget_signals(before)

    def _name(self, tenant: str, recipient_id: str) -> str:
        return self._keyring.names.pseudonym(tenant, recipient_id)

    def _people(self, tenant: str, recipient_ids: Collection[str]) -> dict[str, str]:
        """The ids by pseudonym."""
        return {self._name(tenant, each): each for each in recipient_ids}

    def _events(self, tenant: str, event_ids: Collection[str]) -> dict[str, str]:
        """The ids by pseudonym."""
        return {self._keyring.names.event(tenant, each): each for each in event_ids}

    def _named(self, effect: Effect) -> Effect:
        """The effect with nobody's own id in it."""
        tenant, event = effect.tenant, self._keyring.names.event
        events = [
            HeldEvent(
                event(tenant, each.event_id), self._name(tenant, each.recipient_id), each.position
            )
            for each in effect.events
        ]
        return replace(
            effect,
            events=events,
            consents={self._name(tenant, who): held for who, held in effect.consents.items()},
            time_zones={self._name(tenant, who): zone for who, zone in effect.time_zones.items()},
        )
