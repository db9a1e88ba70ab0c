"""Recipients and their attributes come in: as events, so that there is one way for all data."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dramatis.core.errors import Invalid
from dramatis.ingest.app import claims, records
from dramatis.ingest.app.answers import Published, Seal
from dramatis.ingest.app.publish import changes
from dramatis.ingest.app.world import World
from dramatis.ingest.domain import rules, statements
from dramatis.ingest.domain.incoming import IncomingRecipient, Statement
from dramatis.ingest.domain.merge import Held
from dramatis.ingest.domain.notes import of_the_day
from dramatis.ingest.domain.permissions import profiling
from dramatis.ingest.domain.rules import Known, Setting
from dramatis.ingest.domain.verdict import ACCEPTED, DUPLICATE, Verdict, rejected
from dramatis.ingest.ports import Effect, HeldEvent
from dramatis.runtime import topics
from dramatis.runtime.log_token import LogToken

WRITTEN = frozenset({topics.RECIPIENT_EVENTS.name, topics.CONSENTS.name})


async def upsert_recipients(
    world: World, tenant: str, incoming: Sequence[IncomingRecipient | Invalid], seal: Seal
) -> Published:
    """Creates or changes recipients. What they said is noted first, and binds their attributes.

    Args:
        world: the ports.
        tenant: whose recipients.
        incoming: each as the caller knows them, or why that cannot be read.
        seal: makes the answer to remember.

    Raises:
        Unavailable: it is not known what was written; send the same request again.
    """
    sound = [each for each in incoming if isinstance(each, IncomingRecipient)]
    recipients = {each.update.recipient_id for each in sound}
    event_ids = {each.update.event_id for each in sound}
    things = {claims.of_recipient(tenant, each) for each in recipients}
    async with world.claims.hold(things):
        now = world.clock()
        known = await world.store.known(tenant, event_ids, recipients)
        setting = world.setting(tenant, known, now)
        objections = [_objection(each, setting) for each in incoming]
        good = [
            each
            for each, objection in zip(incoming, objections, strict=True)
            if objection is None and isinstance(each, IncomingRecipient)
        ]
        said = [(each.update.recipient_id, consent) for each in good for consent in each.consents]
        changed = await changes(world, tenant, said)
        setting = replace(setting, known=_after(known, changed))
        verdicts = [
            objection or _judge(each, setting)
            for each, objection in zip(incoming, objections, strict=True)
        ]
        updates = [
            each.update
            for each, verdict in zip(incoming, verdicts, strict=True)
            if verdict is ACCEPTED and isinstance(each, IncomingRecipient) and each.has_update
        ]
        new = [records.of_event(tenant, update) for update in updates]
        new += records.of_consents(tenant, changed, world.encode_consents, now)
        positions = await world.log.append(new) if new else ()
        token = LogToken.after(positions)
        if len(updates) < len(incoming):
            token = token.merge(await world.log.end(WRITTEN))
        verdicts = [ACCEPTED if each is DUPLICATE else each for each in verdicts]
        published = Published(verdicts, token.encode(), notes=setting.notes.counts)
        held = [
            HeldEvent(update.event_id, update.recipient_id, position)
            for update, position in zip(updates, positions, strict=False)
        ]
        zones = {each.update.recipient_id: each.time_zone for each in good if each.time_zone}
        notes = of_the_day("recipient", verdicts, setting.notes, now)
        await world.store.save(
            Effect(tenant, held, changed, zones, answer=seal(published), notes=notes)
        )
    return published


def _objection(incoming: IncomingRecipient | Invalid, setting: Setting) -> Verdict | None:
    """What speaks against the recipient as such, whatever they allow to be learned of them."""
    if isinstance(incoming, Invalid):
        return rejected("schema", incoming)
    verdict = rules.judge(incoming.update, setting, rules.SOUND)
    if verdict is not ACCEPTED:
        return verdict
    for consent in incoming.consents:
        said = statements.judge(Statement(incoming.update.recipient_id, consent), setting)
        if said is not ACCEPTED:
            return said
    return None


def _after(known: Known, changed: Mapping[str, Held]) -> Known:
    """What is known once the statements of the request hold."""
    said = {each: profiling(held) for each, held in changed.items()}
    return replace(known, permissions={**known.permissions, **said})


def _judge(incoming: IncomingRecipient | Invalid, setting: Setting) -> Verdict:
    """Whether what is allowed to be learned allows the update."""
    if isinstance(incoming, IncomingRecipient) and incoming.has_update:
        return rules.judge(incoming.update, setting)
    return ACCEPTED
