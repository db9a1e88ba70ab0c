"""What each record of the log says to persona, and how it gets into the store."""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from dramatis.api.common.v1 import campaign_pb2, signal_pb2
from dramatis.api.simulator.v1 import simulator_pb2
from dramatis.core.consent import ConsentState, Purpose, verdict
from dramatis.persona import metrics
from dramatis.persona.adapters.intake import Applied, Intake
from dramatis.persona.adapters.signal_message import to_signal
from dramatis.persona.ports import CampaignKnown, Erased, ForecastCame, Item, Profiling, SignalCame
from dramatis.runtime import topics
from dramatis.runtime.clock import Clock
from dramatis.runtime.event_log import Record
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sealed_record import TOMBSTONE
from dramatis.wire import campaigns, consents, events

TOPICS: Final = frozenset(
    topic.name
    for topic in (
        topics.RECIPIENT_EVENTS,
        topics.CONSENTS,
        topics.CAMPAIGNS,
        topics.FORECASTS,
        topics.WORLD_SIGNALS,
    )
)
NO_PROFILE: Final = frozenset({ConsentState.DENIED, ConsentState.WITHDRAWN})

Note = Callable[[Collection[str], bool], None]
"""Told after each batch: tenants with news, and whether forecasts are among it."""


class LogHandler:
    """A `consumer.Handler` of items."""

    def __init__(self, store: Intake, clock: Clock, note: Note) -> None:
        self._store = store
        self._clock = clock
        self._note = note

    async def applied(self) -> LogToken:
        """See `Handler`."""
        return await self._store.applied()

    def decode(self, record: Record) -> Item:
        """See `Handler`. The key's first part is the tenant."""
        tenant, _, rest = record.key.partition("/")
        match record.topic:
            case topics.RECIPIENT_EVENTS.name:
                return events.to_happening(tenant, record.value)
            case topics.CONSENTS.name:
                return _consent(tenant, rest, record.value)
            case topics.CAMPAIGNS.name:
                return _campaign(tenant, rest, record.value)
            case topics.WORLD_SIGNALS.name:
                return _signal(tenant, record.value)
            case _:
                return _forecast(tenant, record.value)

    async def apply(self, items: Sequence[Item], position: LogToken) -> None:
        """See `Handler`."""
        done = await self._store.apply(items, position, self._clock())
        _count(done)
        self._note(done.tenants, any(isinstance(item, ForecastCame) for item in items))


def _count(done: Applied) -> None:
    metrics.EVENTS.labels("fresh").inc(done.fresh)
    metrics.EVENTS.labels("repeated").inc(done.repeated)
    metrics.UNPROFILED_EVENTS.inc(done.unprofiled)


def _consent(tenant: str, recipient_id: str, value: bytes) -> Item:
    if not value:
        return Erased(tenant, recipient_id.removeprefix(TOMBSTONE))
    _, recipient_id, held = consents.to_recipient(value)
    return Profiling(tenant, recipient_id, verdict(held, Purpose.PROFILING) not in NO_PROFILE)


def _campaign(tenant: str, campaign_id: str, value: bytes) -> CampaignKnown:
    if not value:
        return CampaignKnown(tenant, campaign_id, None)
    campaign = campaigns.to_campaign(campaign_pb2.Campaign.FromString(value))
    return CampaignKnown(tenant, campaign.campaign_id, campaign)


def _signal(tenant: str, value: bytes) -> SignalCame:
    message = signal_pb2.Signal.FromString(value)
    return SignalCame(tenant, to_signal(message), message.withdraws_signal_id)


def _forecast(tenant: str, value: bytes) -> ForecastCame:
    message = simulator_pb2.Forecast.FromString(value)
    return ForecastCame(
        tenant=tenant,
        simulation_id=message.simulation_id,
        persona_set_id=message.persona_set_id,
        persona_id=message.persona_id,
        campaign_id=message.campaign_id,
        record=value,
    )
