"""Personas and campaigns, taken from the event log into the store."""

from collections.abc import Sequence
from typing import Final

from dramatis.api.common.v1 import campaign_pb2
from dramatis.core.errors import Invalid
from dramatis.runtime import topics
from dramatis.runtime.event_log import Record
from dramatis.runtime.log_token import LogToken
from dramatis.simulator.adapters.changes import Change, Learner, NewCampaign, NewSet
from dramatis.wire.campaigns import to_campaign
from dramatis.wire.personas import to_persona_set

FOLLOWED: Final = frozenset({topics.PERSONAS.name, topics.CAMPAIGNS.name})


class Follower:
    """A consumer's `Handler`."""

    def __init__(self, store: Learner) -> None:
        self._store = store

    async def applied(self) -> LogToken:
        """See `Handler`."""
        return await self._store.applied()

    def decode(self, record: Record) -> Change:
        """See `Handler`."""
        tenant, _, subject = record.key.partition("/")
        if record.topic == topics.CAMPAIGNS.name:
            return _campaign(tenant, subject, record.value)
        personas = to_persona_set(record.value)
        if personas.tenant != tenant:
            raise Invalid("the set is another tenant's than its key says", field="tenant")
        return NewSet(personas)

    async def apply(self, items: Sequence[Change], position: LogToken) -> None:
        """See `Handler`."""
        await self._store.learn(items, position)


def _campaign(tenant: str, campaign_id: str, value: bytes) -> NewCampaign:
    if not value:
        return NewCampaign(tenant, campaign_id, None)
    campaign = to_campaign(campaign_pb2.Campaign.FromString(value))
    return NewCampaign(tenant, campaign.campaign_id, campaign)
