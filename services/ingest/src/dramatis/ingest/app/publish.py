"""Events come in: judge each, append what is good, remember that it was seen.

The log comes first, then the store. A crash in between leaves events in the log that the store
does not know: sent again they may be appended again, and readers drop them by their id. The
follower of the log takes them in when the process is back. Nothing that was answered is lost.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from dramatis.core.consent import Consent
from dramatis.ingest.app import claims, records
from dramatis.ingest.app.answers import Published, Seal
from dramatis.ingest.app.breath import breathing
from dramatis.ingest.app.windows import Order
from dramatis.ingest.app.world import World
from dramatis.ingest.domain import stop
from dramatis.ingest.domain.incoming import IncomingEvent
from dramatis.ingest.domain.merge import Held, merge
from dramatis.ingest.domain.notes import of_the_day
from dramatis.ingest.domain.rules import Setting, judge
from dramatis.ingest.domain.verdict import ACCEPTED, Outcome, Verdict
from dramatis.ingest.ports import Effect, HeldEvent
from dramatis.runtime import topics
from dramatis.runtime.event_log import NewRecord
from dramatis.runtime.log_token import LogToken


async def publish_events(
    world: World,
    tenant: str,
    events: Sequence[IncomingEvent],
    seal: Seal,
    order: Order | None = None,
) -> Published:
    """Admits a batch of events; what it returns is durable.

    Args:
        world: the ports.
        tenant: whose events.
        events: as they came.
        seal: makes the answer to remember.
        order: of a window of a stream, its place: it is written after those before it.

    Raises:
        Unavailable: it is not known what was written; send the same events again.
    """
    alone, shared = _things(tenant, events)
    order = order or Order(None)
    await order.approach()
    async with world.claims.hold(alone, shared, order.in_line):
        now = world.clock()
        known = await world.store.known(tenant, *_ids(events))
        setting = world.setting(tenant, known, now)
        verdicts = await judge_all(events, setting)
        accepted = [event for event, each in zip(events, verdicts, strict=True) if each is ACCEPTED]
        stops = [(each.recipient_id, stop.statement(each, now)) for each in accepted if each.stop]
        changed = await changes(world, tenant, stops)
        new = [records.of_event(tenant, event) for event in accepted]
        new += records.of_consents(tenant, changed, world.encode_consents, now)
        new += _quarantined(tenant, events, verdicts)
        with ExitStack() as until_noted:
            async with order.turn():
                until_noted.enter_context(world.noted.writing())
                positions = await world.log.append(new) if new else ()
            token = LogToken.after(positions)
            if len(accepted) < len(events):  # of what came twice, the first may lie anywhere
                token = token.merge(await world.log.end({topics.RECIPIENT_EVENTS.name}))
            published = Published(verdicts, token.encode(), notes=setting.notes.counts)
            held = [
                HeldEvent(event.event_id, event.recipient_id, position)
                for event, position in zip(accepted, positions, strict=False)
            ]
            notes = of_the_day("event", verdicts, setting.notes, now)
            effect = Effect(tenant, held, changed, answer=seal(published), notes=notes)
            await world.store.save(effect)
            world.noted.add(positions[: len(held)])
    return published


def _ids(events: Sequence[IncomingEvent]) -> tuple[set[str], set[str]]:
    """Ids of sound events, and of their recipients."""
    sound = [event for event in events if event.fault is None]
    return {event.event_id for event in sound}, {event.recipient_id for event in sound}


def _things(tenant: str, events: Sequence[IncomingEvent]) -> tuple[set[str], set[str]]:
    """What to hold alone, and what to share with other readers of the same consents."""
    event_ids, recipient_ids = _ids(events)
    stopping = {event.recipient_id for event in events if event.stop}
    alone = {claims.of_event(tenant, each) for each in event_ids}
    alone |= {claims.of_recipient(tenant, each) for each in stopping}
    return alone, {claims.of_recipient(tenant, each) for each in recipient_ids - stopping}


async def judge_all(events: Sequence[IncomingEvent], setting: Setting) -> list[Verdict]:
    """A verdict per event; of those that share an id in the batch, the first good one counts."""
    seen = set(setting.known.seen)
    setting = replace(setting, known=replace(setting.known, seen=seen))
    verdicts: list[Verdict] = []
    async for some in breathing(events):
        for event in some:
            verdict = judge(event, setting)
            if verdict is ACCEPTED:
                seen.add(event.event_id)
            verdicts.append(verdict)
    return verdicts


async def changes(
    world: World, tenant: str, statements: Sequence[tuple[str, Consent]]
) -> dict[str, Held]:
    """What holds after these statements, of recipients for whom it is something new."""
    if not statements:
        return {}
    held = await world.store.consents(tenant, {recipient_id for recipient_id, _ in statements})
    return dict(merge(held, statements))


def _quarantined(
    tenant: str, events: Sequence[IncomingEvent], verdicts: Sequence[Verdict]
) -> list[NewRecord]:
    return [
        records.of_quarantined(tenant, event, verdict.error)
        for event, verdict in zip(events, verdicts, strict=True)
        if verdict.outcome is Outcome.QUARANTINED and verdict.error
    ]
