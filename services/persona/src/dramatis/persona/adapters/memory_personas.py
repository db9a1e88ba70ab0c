"""A `Store` in this process's memory: for tests. Nothing survives the process."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from dramatis.core.attributes import Attributes
from dramatis.core.campaign import Campaign
from dramatis.core.errors import NotFound
from dramatis.core.forecast import ForecastTable
from dramatis.core.happening import Happening
from dramatis.core.request import Request, reused
from dramatis.persona.adapters import forecast_records
from dramatis.persona.adapters.intake import Applied
from dramatis.persona.domain.features import state as features
from dramatis.persona.domain.features.state import FeatureState
from dramatis.persona.domain.persona_event import PersonaEvent
from dramatis.persona.domain.population import Population, gather
from dramatis.persona.domain.profile import EMPTY, Profile, drop_ended, first_end, fold
from dramatis.persona.domain.signals import Signal
from dramatis.persona.domain.standing import Standing, in_writing
from dramatis.persona.ports import (
    BODIES,
    PART_BYTES,
    CampaignKnown,
    Effect,
    Erased,
    ForecastCame,
    Item,
    Profiling,
    Reclustered,
    SignalCame,
    Token,
)
from dramatis.runtime.log_token import LogToken

_Answer = tuple[bytes, Reclustered, str, datetime]


class MemoryPersonas:
    """See `Store`."""

    def __init__(self, pseudonym: Callable[[str, str], str] = lambda tenant, one: one) -> None:
        """Makes it empty.

        Args:
            pseudonym: of a tenant's recipient.
        """
        self._pseudonym = pseudonym
        self._position = LogToken()
        self._seen: dict[tuple[str, str], datetime] = {}
        self._profiles: dict[tuple[str, str], Profile] = {}
        self._features: dict[tuple[str, str], FeatureState] = {}
        self._denied: set[tuple[str, str]] = set()
        self._erased: set[tuple[str, str]] = set()
        self._campaigns: dict[tuple[str, str], Campaign] = {}
        self._forecasts: list[ForecastCame] = []
        self._signals: dict[tuple[str, str], tuple[Signal, bool]] = {}
        self._standings: dict[str, Standing] = {}
        self._bodies: dict[tuple[str, str], bytes] = {}
        self._answers: dict[tuple[str, str, str], _Answer] = {}
        self._events: dict[str, list[PersonaEvent]] = {}

    async def applied(self) -> LogToken:
        """See `Store`."""
        return self._position

    async def apply(self, items: Sequence[Item], position: LogToken, now: datetime) -> Applied:
        """See `Store`."""
        fresh = repeated = unprofiled = 0
        for item in items:
            if isinstance(item, Happening):
                new = (item.tenant, item.event_id) not in self._seen
                fresh, repeated = fresh + new, repeated + (not new)
                if not new:
                    continue
                self._seen[item.tenant, item.event_id] = now
                unprofiled += not self._may_be_profiled(item.tenant, item.recipient_id)
            self._take(item)
        self._position = self._position.merge(position)
        return Applied(frozenset(item.tenant for item in items), fresh, repeated, unprofiled)

    def _may_be_profiled(self, tenant: str, recipient_id: str) -> bool:
        who = (tenant, recipient_id)
        return who not in self._denied and (tenant, self._pseudonym(*who)) not in self._erased

    def _take(self, item: Item) -> None:
        match item:
            case Happening():
                self._fold(item)
            case Erased():
                self._forget(item)
            case Profiling(tenant, recipient_id, allowed):
                change = self._denied.discard if allowed else self._denied.add
                change((tenant, recipient_id))
                if not allowed:
                    self._features.pop((tenant, recipient_id), None)
            case CampaignKnown(tenant, campaign_id, campaign):
                if campaign is None:
                    self._campaigns.pop((tenant, campaign_id), None)
                else:
                    self._campaigns[tenant, campaign_id] = campaign
            case ForecastCame():
                self._forecasts.append(item)
            case SignalCame(tenant, signal, withdraws):
                named = (tenant, withdraws or signal.signal_id)
                if withdraws or named not in self._signals:
                    self._signals[named] = (signal, bool(withdraws))

    def _fold(self, item: Happening) -> None:
        key = (item.tenant, item.recipient_id)
        if (item.tenant, self._pseudonym(*key)) not in self._erased and item.meaning:
            self._profiles[key] = fold(self._profiles.get(key, EMPTY), [item])
        if item.act and self._may_be_profiled(*key):
            acts = [(item.act, item.time.timestamp())]
            self._features[key] = features.fold(self._features.get(key), acts)

    def _forget(self, item: Erased) -> None:
        gone = (item.tenant, item.pseudonym)
        self._erased.add(gone)
        for held in (self._profiles, self._features):
            for who in [each for each in held if self._names(each) == gone]:
                del held[who]

    def _names(self, who: tuple[str, str]) -> tuple[str, str]:
        return who[0], self._pseudonym(*who)

    async def tenants(self) -> frozenset[str]:
        """See `Store`."""
        named = (self._profiles, self._campaigns)
        return frozenset({tenant for each in named for tenant, _ in each} | set(self._standings))

    async def population(self, tenant: str, now: datetime) -> Population:
        """See `Store`."""
        return gather(
            {
                recipient_id: profile
                for (owner, recipient_id), profile in self._profiles.items()
                if owner == tenant and (owner, recipient_id) not in self._denied
            },
            now.timestamp(),
        )

    async def attributes(
        self, tenant: str, recipient_ids: Sequence[str], now: datetime
    ) -> Mapping[str, Attributes]:
        """See `Store`."""
        return {
            each: self._profiles[tenant, each].attributes(now.timestamp())
            for each in recipient_ids
            if (tenant, each) in self._profiles and (tenant, each) not in self._denied
        }

    async def features(
        self, tenant: str, recipient_ids: Sequence[str] | None = None
    ) -> Mapping[str, FeatureState]:
        """See `Store`."""
        if recipient_ids is None:
            recipient_ids = [each for owner, each in self._profiles if owner == tenant]
        return {
            each: self._features[tenant, each]
            for each in recipient_ids
            if (tenant, each) in self._features
        }

    async def unprofiled(self, tenant: str = "") -> int:
        """See `Store`."""
        return sum(
            tenant in ("", owner) and (owner, self._pseudonym(owner, each)) not in self._erased
            for owner, each in self._denied
        )

    async def campaigns(self, tenant: str) -> Sequence[Campaign]:
        """See `Store`."""
        return [c for (owner, _), c in sorted(self._campaigns.items()) if owner == tenant]

    async def forecast(self, tenant: str, persona_set_id: str) -> ForecastTable | None:
        """See `Store`."""
        mine = [
            (each.simulation_id, each.record)
            for each in self._forecasts
            if (each.tenant, each.persona_set_id) == (tenant, persona_set_id)
        ]
        return forecast_records.newest(mine)

    async def signals(self, tenant: str) -> Sequence[Signal]:
        """See `Store`."""
        held = [self._signals[who] for who in sorted(self._signals) if who[0] == tenant]
        return [signal for signal, withdrawn in held if not withdrawn]

    async def forget_signals(self, before: datetime) -> int:
        """See `Store`."""
        old = [who for who, (s, _) in self._signals.items() if s.time < before.timestamp()]
        for each in old:
            del self._signals[each]
        return len(old)

    async def standing(self, tenant: str) -> Standing | None:
        """See `Store`."""
        return self._standings.get(tenant)

    async def save(self, effect: Effect) -> None:
        """See `Store`."""
        tenant = effect.standing.tenant
        self._standings[tenant] = effect.standing
        if body := in_writing(effect.standing).body:
            self._keep(tenant, effect.standing.snapshot.snapshot_id, body)
        self._events.setdefault(tenant, []).extend(effect.events)
        if effect.request and effect.answer:
            request = effect.request
            key = (tenant, request.method, request.request_id)
            self._answers[key] = (request.digest, effect.answer, "", _time(effect))

    def _keep(self, tenant: str, snapshot_id: str, body: bytes) -> None:
        self._bodies.pop((tenant, snapshot_id), None)
        self._bodies[tenant, snapshot_id] = body
        for old in [each for each in self._bodies if each[0] == tenant][:-BODIES]:
            del self._bodies[old]

    async def body(self, tenant: str, snapshot_id: str) -> AsyncIterator[bytes]:
        """See `Store`."""
        body = self._bodies.get((tenant, snapshot_id))
        if body is None:
            raise NotFound("snapshot", snapshot_id)
        for start in range(0, len(body), PART_BYTES):
            yield body[start : start + PART_BYTES]

    async def published(self, standing: Standing, token: Token) -> None:
        """See `Store`."""
        tenant, text = standing.tenant, token
        held = self._standings.get(tenant)
        if held and held.snapshot.snapshot_id == standing.snapshot.snapshot_id:
            self._standings[tenant] = replace(held, token=text)
        for key, (digest, answer, old, when) in self._answers.items():
            if key[0] == tenant and not old:
                self._answers[key] = (digest, answer, text, when)

    async def answer(self, request: Request) -> tuple[Reclustered, Token] | None:
        """See `Store`."""
        held = self._answers.get((request.tenant, request.method, request.request_id))
        if held is None:
            return None
        if held[0] != request.digest:
            raise reused()
        return held[1], held[2]

    async def forget_events(self, before: datetime) -> int:
        """See `Store`."""
        old = [each for each, when in self._seen.items() if when < before]
        for each in old:
            del self._seen[each]
        return len(old)

    async def forget_answers(self, before: datetime) -> int:
        """See `Store`."""
        old = [each for each, (*_, when) in self._answers.items() if when < before]
        for each in old:
            del self._answers[each]
        return len(old)

    async def forget_ended(self, before: datetime) -> int:
        """See `Store`."""
        now = before.timestamp()
        ends = {who: first_end(profile.known) for who, profile in self._profiles.items()}
        ended = [who for who, end in ends.items() if end is not None and end <= now]
        for who in ended:
            profile = self._profiles[who]
            self._profiles[who] = replace(profile, known=drop_ended(profile.known, now))
        return len(ended)

    async def forget(self, erased: Sequence[Erased]) -> None:
        """See `Store`."""
        for each in erased:
            self._take(each)

    async def redraw(self, standing: Standing) -> None:
        """See `Store`."""
        held = self._standings.get(standing.tenant)
        if held and held.snapshot.snapshot_id == standing.snapshot.snapshot_id:
            self._standings[standing.tenant] = replace(held, exemplars=standing.exemplars)

    async def events(
        self, tenant: str, after: int, limit: int
    ) -> Sequence[tuple[int, PersonaEvent]]:
        """See `Store`."""
        return list(enumerate(self._events.get(tenant, []), start=1))[after : after + limit]


def _time(effect: Effect) -> datetime:
    return effect.standing.snapshot.create_time
