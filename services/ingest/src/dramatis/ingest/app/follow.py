"""The log is followed: what others wrote, or what a crash kept us from noting, is taken in.

The prioritizer writes sends and outcomes into the same topic. They belong to what is held of a
recipient, an id that it used is used, and an unsubscription binds wherever it was reported.
"""

from collections.abc import Sequence

from dramatis.ingest.app import claims, records
from dramatis.ingest.app.publish import changes
from dramatis.ingest.app.world import World
from dramatis.ingest.domain import stop
from dramatis.ingest.domain.incoming import FoundEvent
from dramatis.ingest.ports import Effect, HeldEvent
from dramatis.runtime import topics
from dramatis.runtime.event_log import Position
from dramatis.runtime.log_token import LogToken


async def take_in(world: World, found: Sequence[FoundEvent], position: LogToken) -> int:
    """Notes events that are not known yet, with the position after them; returns how many.

    Raises:
        Unavailable: nothing was noted; the same events may come again.
        Invalid: the bytes of one are no event; nothing was noted.
    """
    fresh = await _unknown(world, found)
    held = {claims.of_recipient(each.tenant, each.recipient_id) for each in fresh}
    async with world.claims.hold(held):
        fresh = await _unknown(world, fresh)  # calls that were at work on them have noted theirs
        tenants = sorted({each.tenant for each in fresh})
        effects = [
            await _effect(world, tenant, [each for each in fresh if each.tenant == tenant])
            for tenant in tenants
        ]
        await world.store.follow(effects, position)
    return len(fresh)


async def _unknown(world: World, found: Sequence[FoundEvent]) -> Sequence[FoundEvent]:
    """Those that the store has not seen, without those of the erased."""
    left: list[FoundEvent] = []
    for tenant in sorted({each.tenant for each in found}):
        mine = [each for each in found if each.tenant == tenant]
        known = await world.store.known(
            tenant, {each.event_id for each in mine}, {each.recipient_id for each in mine}
        )
        left += [
            each
            for each in mine
            if each.event_id not in known.seen and each.recipient_id not in known.erased
        ]
    return left


async def _effect(world: World, tenant: str, fresh: Sequence[FoundEvent]) -> Effect:
    events = [world.read_event(each.value) for each in fresh]
    now = world.clock()
    said = [(each.recipient_id, stop.statement(each, now)) for each in events if each.stop]
    changed = await changes(world, tenant, said)
    if changed:
        new = records.of_consents(tenant, changed, world.encode_consents, now)
        await world.log.append(list(new))
    topic = topics.RECIPIENT_EVENTS.name
    held = [
        HeldEvent(each.event_id, each.recipient_id, Position(topic, each.partition, each.offset))
        for each in fresh
    ]
    return Effect(tenant, held, changed)
