"""What third parties tell becomes attributes of those who allow it, each with its end.

What is held is noted before the event is written, and once more after it: whatever is in the log
is known here, so that it can be removed when it is not allowed any more. A crash in between writes
the same values again.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dramatis.ingest.app.answers import forget
from dramatis.ingest.app.feeds import Desk, Taken
from dramatis.ingest.app.publish import publish_events
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.merge import Held
from dramatis.ingest.domain.third_party import Change, Lent, Lot, Party, Row, consented
from dramatis.ingest.domain.verdict import Outcome
from dramatis.ingest.ports import EncodeChange, Ledger, LedgerPlace, Progress

PAGE = 500
ANY = ("*",)


@dataclass(frozen=True)
class Bureau:
    """What all third parties of a process share."""

    ledger: Ledger
    encode: EncodeChange

    async def take_in(self, desk: Desk, party: Party, holder: str, lot: Lot) -> Taken:
        """Writes what is new of those who allow it, and moves the cursor.

        Raises:
            Unavailable, Exhausted: it is not known how much was done; hand in the same again.
            Conflict: another process reads this file by now.
        """
        world, tenant = desk.world, party.name.tenant
        rows = {each.recipient_id: each for each in lot.rows}
        said = await world.store.consents(tenant, rows.keys())
        open_to = {
            each: row
            for each, row in rows.items()
            if consented(said.get(each, ()), party.name.connector, party.consents)
        }
        held = await self.ledger.held(party.name, open_to.keys())
        now = world.clock()
        due = [row for each, row in open_to.items() if _due(world, party, row, held.get(each), now)]
        outcomes = Counter(
            {"no_consent": len(rows) - len(open_to), "unchanged": len(open_to) - len(due)}
        )
        if due:
            outcomes += await self._write(world, party, due, held)
        await desk.cursors.save(Progress(party.name, holder, lot.cursor))
        return Taken(outcomes, now if rows else None)

    async def _write(
        self, world: World, party: Party, rows: Sequence[Row], held: Mapping[str, Lent]
    ) -> Counter[str]:
        now = world.clock()
        changes = [_change(world, party, row, held.get(row.recipient_id), now) for row in rows]
        noted = [_noted(each) for each in changes]
        await self.ledger.keep(party.name.tenant, noted)
        outcomes = await _publish(world, party.name.tenant, changes, self.encode)
        sure = [
            replace(note, names=sorted(row.values), digest=_digest(world, party.name, row))
            for note, row, outcome in zip(noted, rows, outcomes, strict=True)
            if outcome is Outcome.ACCEPTED
        ]
        await self.ledger.keep(party.name.tenant, sure)
        return Counter(each.name.lower() for each in outcomes)

    async def sweep(self, world: World, covered: Mapping[Name, Sequence[str]]) -> Mapping[str, int]:
        """Removes what its recipient does not allow any more, and forgets what has ended.

        A value says itself when it ends, and is unknown from then on: nothing is written of it.

        Args:
            world: the ports.
            covered: by third party the patterns of `Party`; of others any grant will do.

        Returns:
            Of how many recipients nothing is held any more, by why: expired, withdrawn.

        Raises:
            Unavailable, Exhausted: the rest is for the next time.
        """
        removed = Counter[str]()
        place: LedgerPlace | None = ("", "", "")
        while place is not None:
            page = await self.ledger.page(place, PAGE)
            for name in dict.fromkeys(name for name, _ in page.lent):
                lent = [each for whose, each in page.lent if whose == name]
                removed += await self._release(world, name, lent, covered.get(name, ANY))
            place = page.end
        return removed

    async def _release(
        self, world: World, name: Name, lent: Sequence[Lent], patterns: Sequence[str]
    ) -> Counter[str]:
        now = world.clock()
        said = await world.store.consents(name.tenant, {each.recipient_id for each in lent})
        why = {
            each.recipient_id: reason
            for each in lent
            if (reason := _over(each, now, said.get(each.recipient_id, ()), patterns))
        }
        if removals := [
            _removal(world, name, each, now)
            for each in lent
            if why.get(each.recipient_id) == "withdrawn"
        ]:
            await _publish(world, name.tenant, removals, self.encode)
        if why:
            await self.ledger.drop(name, why.keys())
        return Counter(why.values())


async def _publish(
    world: World, tenant: str, changes: Sequence[Change], encode: EncodeChange
) -> Sequence[Outcome]:
    """Sends the events through the door that all events take; what became of each."""
    events = [encode(each) for each in changes]
    size = sum(len(each.value) for each in events)
    async with world.intake.wait(tenant, len(events), size):
        work = publish_events(world, tenant, events, forget)
        published = await world.errands.finish(work)
    return [each.outcome for each in published.verdicts]


def _due(world: World, party: Party, row: Row, held: Lent | None, now: datetime) -> bool:
    """Whether it is to be written: it is new, or what is held will soon be too old."""
    if held is None:
        return bool(row.values)
    return held.digest != _digest(world, party.name, row) or held.expires - now < party.ttl / 2


def _over(lent: Lent, now: datetime, said: Held, patterns: Sequence[str]) -> str:
    if lent.expires <= now:
        return "expired"
    return "" if consented(said, lent.party, patterns) else "withdrawn"


def _change(world: World, party: Party, row: Row, held: Lent | None, now: datetime) -> Change:
    gone = set(held.names if held else ()) - row.values.keys()
    return Change(
        _event_id(world, party.name, row.recipient_id, row.content, now),
        row.recipient_id,
        party.name.connector,
        now,
        now + party.ttl,
        row.values,
        sorted(gone),
    )


def _removal(world: World, name: Name, lent: Lent, now: datetime) -> Change:
    event_id = _event_id(world, name, lent.recipient_id, "", now)
    return Change(event_id, lent.recipient_id, name.connector, now, now, removed=lent.names)


def _noted(change: Change) -> Lent:
    """Before it is written: whichever of the values, old or new, are in the log."""
    names = sorted({*change.values, *change.removed})
    return Lent(change.party, change.recipient_id, names, "", change.expires)


def _digest(world: World, name: Name, row: Row) -> str:
    """Keyed: whoever reads the ledger cannot try values out."""
    return world.pseudonym(name.tenant, row.content)


def _event_id(world: World, name: Name, recipient_id: str, content: str, now: datetime) -> str:
    said = json.dumps([name.connector, recipient_id, content, now.isoformat()])
    return f"third-party-{world.pseudonym(name.tenant, said)}"
