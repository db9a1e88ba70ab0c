"""Features of recipients: for callers, and beside the attributes that personas are formed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dramatis.core.attributes import Attributes
from dramatis.persona.app.world import World
from dramatis.persona.domain.features import state as states
from dramatis.persona.domain.features.feature import Stimuli
from dramatis.persona.domain.features.state import FeatureState
from dramatis.persona.domain.population import Population


@dataclass(frozen=True, slots=True)
class Found:
    """Features of recipients.

    Attributes:
        as_of: the values are of this time.
        states: what is held of those of whom anything is known and who may be profiled, by id.
        stimuli: what can be said of the campaigns.
        unprofiled: recipients of the tenant who may not be profiled.
    """

    as_of: datetime
    states: Mapping[str, FeatureState]
    stimuli: Stimuli
    unprofiled: int


async def find(world: World, tenant: str, recipient_ids: Sequence[str]) -> Found:
    """The features of these recipients, now."""
    return Found(
        world.clock(),
        await world.store.features(tenant, recipient_ids),
        await _stimuli(world, tenant),
        await world.store.unprofiled(tenant),
    )


async def population(world: World, tenant: str) -> Population:
    """Everybody who may be profiled, with their features if personas are formed by them."""
    everybody = await world.store.population(tenant, world.clock())
    if not world.by_features:
        return everybody
    made = await _attributes(world, tenant, None)
    rows = zip(everybody.recipient_ids, everybody.attributes, strict=True)
    return replace(everybody, attributes=[{**row, **made.get(each, {})} for each, row in rows])


async def attributes(
    world: World, tenant: str, recipient_ids: Sequence[str]
) -> Mapping[str, Attributes]:
    """What is known of these recipients, with their features if personas are formed by them."""
    stored = await world.store.attributes(tenant, recipient_ids, world.clock())
    if not world.by_features:
        return stored
    made = await _attributes(world, tenant, recipient_ids)
    return {each: {**row, **made.get(each, {})} for each, row in stored.items()}


async def _attributes(
    world: World, tenant: str, recipient_ids: Sequence[str] | None
) -> Mapping[str, Attributes]:
    held = await world.store.features(tenant, recipient_ids)
    stimuli, time = await _stimuli(world, tenant), world.clock().timestamp()
    return {each: states.attributes(state, time, stimuli) for each, state in held.items()}


async def _stimuli(world: World, tenant: str) -> Stimuli:
    campaigns = await world.store.campaigns(tenant)
    return {each.campaign_id: each.stimulus.attributes for each in campaigns}
