"""The rights of recipients: to see what is held of them, and to be forgotten."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dramatis.core.errors import NotFound
from dramatis.core.request import Request
from dramatis.ingest.app import claims, records
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.merge import Held
from dramatis.ingest.ports import Answer, EncodeErasure
from dramatis.runtime import topics
from dramatis.runtime.event_log import EventLog, Record
from dramatis.runtime.log_token import LogToken

NEAR = 1_000
"""Records that lie so close to one another are read in one go."""

Place = tuple[int, int]
"""Partition and offset."""
START: Place = (0, -1)
"""Before all places."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is held of one recipient.

    Attributes:
        consents: as they are now.
        time_zone: IANA name; empty where it is not known.
        events: a page of their records, in the order of the log.
        more: whether there are events after these.
    """

    consents: Held
    time_zone: str
    events: Sequence[Record]
    more: bool


async def collect(
    world: World, tenant: str, recipient_id: str, after: Place, most: int,
    tell: Callable[[Record], None],
) -> Dossier:  # fmt: skip
    """What is held of a recipient, with a page of their events.

    Args:
        world: the ports.
        tenant: whose.
        recipient_id: of whom.
        after: events that lie behind this place; with START `tell` is told of all there are.
        most: of them.
        tell: told of events, in the order of the log.

    Raises:
        NotFound: nothing is held.
    """
    held = await world.store.recipient(tenant, recipient_id)
    if held is None:
        raise NotFound("recipient", recipient_id)
    left = [at for at in sorted({(at.partition, at.offset) for at in held.events}) if at > after]
    page = _once(await read(world.log, left[:most]))
    if after == START:
        for record in page:
            tell(record)
        for begin in range(most, len(left), most):
            for record in await read(world.log, left[begin : begin + most]):
                tell(record)
    return Dossier(held.consents, held.time_zone, page, len(left) > most)


def _once(records: Sequence[Record]) -> Sequence[Record]:
    """Each event once: after a crash the log may hold it twice."""
    return list({record.event_id: record for record in reversed(records)}.values())[::-1]


async def read(log: EventLog, places: Sequence[Place]) -> Sequence[Record]:
    """The records at these places, in the order of the log; what cannot be read is left out."""
    end = await log.end({topics.RECIPIENT_EVENTS.name})
    wanted = sorted(places)
    found: list[Record] = []
    while wanted:
        partition, offset = wanted[0]
        near = [at for at in wanted if at[0] == partition and at[1] < offset + NEAR]
        start = {**end.next_offsets, (topics.RECIPIENT_EVENTS.name, partition): offset}
        polled = await _poll(log, LogToken(start), near[-1][1] - offset + 1)
        here = {(each.partition, each.offset): each for each in polled if not each.fault}
        found += [here[place] for place in near if place in here]
        last = max((place for place in here if place[0] == partition), default=wanted[0])
        wanted = [place for place in wanted if place > max(last, wanted[0])]
    return found


async def _poll(log: EventLog, start: LogToken, count: int) -> Sequence[Record]:
    async with log.tail({topics.RECIPIENT_EVENTS.name}, start) as subscription:
        return await subscription.poll(count, 1.0)


async def erase(
    world: World, request: Request, recipient_id: str, encode: EncodeErasure
) -> datetime:
    """Forgets a recipient: from the tombstone on, nothing of theirs is kept.

    Doing it again changes nothing and says when it was first done.

    Raises:
        Unavailable: it is not known what was written; send the same request again.
    """
    tenant = request.tenant
    async with world.claims.hold({claims.of_recipient(tenant, recipient_id)}):
        time = await world.store.erasure(tenant, recipient_id) or world.clock()
        tombstone = records.of_erasure(tenant, recipient_id, time)
        token = LogToken.after(await world.log.append([tombstone]))
        answer = Answer(request, encode(time, token.encode()), world.clock())
        await world.store.erase(recipient_id, time, answer)
    return time
