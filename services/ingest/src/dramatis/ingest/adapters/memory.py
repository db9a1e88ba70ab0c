"""Ingest's memory in this process's own: the adapter for tests. Nothing survives the process."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from dramatis.core.request import Request, reused
from dramatis.ingest.domain.merge import Held
from dramatis.ingest.domain.notes import DayNote
from dramatis.ingest.domain.permissions import profiling
from dramatis.ingest.domain.rules import Known
from dramatis.ingest.ports import Answer, Effect, HeldCampaign, HeldEvent, HeldRecipient
from dramatis.runtime.log_token import LogToken

Key = tuple[str, str]


class MemoryStore:
    """A `Store` in dictionaries."""

    def __init__(self) -> None:
        self._events: dict[Key, HeldEvent] = {}
        self._consents: dict[Key, Held] = {}
        self._zones: dict[Key, str] = {}
        self._erasures: dict[Key, datetime] = {}
        self._signals: dict[Key, datetime] = {}
        self._campaigns: dict[Key, HeldCampaign] = {}
        self._answers: dict[tuple[str, str, str], Answer] = {}
        self._notes: dict[tuple[str, DayNote], int] = {}
        self._followed = LogToken()

    async def answer(self, request: Request) -> bytes | None:
        """See `Store`."""
        found = self._answers.get((request.tenant, request.method, request.request_id))
        if found and found.request.digest != request.digest:
            raise reused()
        return found.body if found else None

    async def known(
        self, tenant: str, event_ids: Collection[str], recipient_ids: Collection[str]
    ) -> Known:
        """See `Store`."""
        return Known(
            seen={each for each in event_ids if (tenant, each) in self._events},
            erased={each for each in recipient_ids if (tenant, each) in self._erasures},
            permissions={
                recipient_id: profiling(held)
                for recipient_id, held in (await self.consents(tenant, recipient_ids)).items()
            },
            zones={
                each: self._zones[tenant, each]
                for each in recipient_ids
                if (tenant, each) in self._zones
            },
        )

    async def consents(self, tenant: str, recipient_ids: Collection[str]) -> Mapping[str, Held]:
        """See `Store`."""
        keys = {each: (tenant, each) for each in recipient_ids}
        return {each: self._consents[at] for each, at in keys.items() if at in self._consents}

    async def signals(self, tenant: str, signal_ids: Collection[str]) -> Collection[str]:
        """See `Store`."""
        return {each for each in signal_ids if (tenant, each) in self._signals}

    async def campaigns(
        self, tenant: str, campaign_ids: Collection[str]
    ) -> Mapping[str, HeldCampaign]:
        """See `Store`."""
        keys = {each: (tenant, each) for each in campaign_ids}
        return {each: self._campaigns[at] for each, at in keys.items() if at in self._campaigns}

    async def list_campaigns(self, tenant: str, after: str, most: int) -> Sequence[HeldCampaign]:
        """See `Store`."""
        mine = [each for (whose, _), each in sorted(self._campaigns.items()) if whose == tenant]
        return [each for each in mine if each.campaign_id > after][:most]

    async def save(self, effect: Effect) -> None:
        """See `Store`."""
        tenant = effect.tenant
        for event in effect.events:
            self._events.setdefault((tenant, event.event_id), event)
        self._consents.update({(tenant, who): held for who, held in effect.consents.items()})
        self._zones.update({(tenant, who): zone for who, zone in effect.time_zones.items()})
        for each, time in effect.signals.items():
            self._signals.setdefault((tenant, each), time)
        self._campaigns.update({(tenant, each.campaign_id): each for each in effect.campaigns})
        for note, items in effect.notes.items():
            self._notes[tenant, note] = self._notes.get((tenant, note), 0) + items
        if effect.answer:
            self._remember(effect.answer)

    def _remember(self, answer: Answer) -> None:
        of = answer.request
        self._answers.setdefault((of.tenant, of.method, of.request_id), answer)

    async def list_notes(
        self, tenant: str, days: tuple[str, str], after: DayNote, most: int
    ) -> Sequence[tuple[DayNote, int]]:
        """See `Store`."""
        first, last = days
        return [
            (note, items)
            for (whose, note), items in sorted(self._notes.items())
            if whose == tenant and after < note and first <= note.day <= last
        ][:most]

    async def recipient(self, tenant: str, recipient_id: str) -> HeldRecipient | None:
        """See `Store`."""
        events = [
            event.position
            for (whose, _), event in self._events.items()
            if (whose, event.recipient_id) == (tenant, recipient_id)
        ]
        held = HeldRecipient(
            self._consents.get((tenant, recipient_id), ()),
            self._zones.get((tenant, recipient_id), ""),
            sorted(events, key=lambda at: (at.partition, at.offset)),
        )
        return held if held != HeldRecipient((), "", []) else None

    async def erasure(self, tenant: str, recipient_id: str) -> datetime | None:
        """See `Store`."""
        return self._erasures.get((tenant, recipient_id))

    async def erase(self, recipient_id: str, time: datetime, answer: Answer) -> None:
        """See `Store`."""
        tenant = answer.request.tenant
        await self.forget(tenant, [recipient_id])
        self._erasures.setdefault((tenant, recipient_id), time)
        self._remember(answer)

    async def forget(self, tenant: str, recipient_ids: Collection[str]) -> int:
        """See `Store`."""
        before = len(self._events) + len(self._consents) + len(self._zones)
        whose = {(tenant, each) for each in recipient_ids}
        self._events = {
            at: event
            for at, event in self._events.items()
            if (at[0], event.recipient_id) not in whose
        }
        for who in whose:
            self._consents.pop(who, None)
            self._zones.pop(who, None)
        return before - len(self._events) - len(self._consents) - len(self._zones)

    async def followed(self) -> LogToken:
        """See `Store`."""
        return self._followed

    async def follow(self, effects: Sequence[Effect], position: LogToken) -> None:
        """See `Store`."""
        for effect in effects:
            await self.save(effect)
        self._followed = self._followed.merge(position)

    async def forget_notes(self, before: str) -> int:
        """See `Store`."""
        old = [at for at in self._notes if at[1].day < before]
        for at in old:
            del self._notes[at]
        return len(old)

    async def forget_answers(self, before: datetime) -> int:
        """See `Store`."""
        old = [at for at, answer in self._answers.items() if answer.time < before]
        for at in old:
            del self._answers[at]
        return len(old)

    async def forget_signals(self, before: datetime) -> int:
        """See `Store`."""
        old = [at for at, time in self._signals.items() if time < before]
        for at in old:
            del self._signals[at]
        return len(old)
