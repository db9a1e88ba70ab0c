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
    strange = [each for each in found if not world.noted.take(each.partition, each.offset)]
    alone, shared = _things(world, strange)
    async with world.claims.hold(alone, shared):  # calls at work on them note theirs first
        fresh = await _unknown(world, strange)
        tenants = sorted({each.tenant for each in fresh})
        effects = [
            await _effect(world, tenant, [each for each in fresh if each.tenant == tenant])
            for tenant in tenants
        ]
        await world.store.follow(effects, position)
    return len(fresh)


def _things(world: World, found: Sequence[FoundEvent]) -> tuple[set[str], set[str]]:
    """What to hold alone: events, and recipients about whom there is something to say."""
    stopping = {
        claims.of_recipient(each.tenant, each.recipient_id)
        for each in found
        if world.read_event(each.value).stop
    }
    recipients = {claims.of_recipient(each.tenant, each.recipient_id) for each in found}
    events = {claims.of_event(each.tenant, each.event_id) for each in found}
    return events | stopping, recipients - stopping


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
