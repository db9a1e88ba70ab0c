"""The rights of recipients: to see what is held of them, and to be forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dramatis.core.errors import NotFound
from dramatis.core.request import Request
from dramatis.ingest.app import claims, records
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.merge import Held
from dramatis.ingest.ports import Answer, EncodeErasure
from dramatis.runtime import topics
from dramatis.runtime.event_log import EventLog, Position, Record
from dramatis.runtime.log_token import LogToken

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything held of one recipient: their consents, time zone and events, oldest first."""

    consents: Held
    time_zone: str
    events: Sequence[bytes]


async def collect(world: World, tenant: str, recipient_id: str) -> Dossier:
    """Everything that is held of a recipient.

    Raises:
        NotFound: nothing is.
    """
    held = await world.store.recipient(tenant, recipient_id)
    if held is None:
        raise NotFound("recipient", recipient_id)
    found = await read(world.log, held.events)
    events: dict[str, bytes] = {}  # the log may hold an event twice
    for record in found:
        events.setdefault(record.event_id, record.value)
    return Dossier(held.consents, held.time_zone, list(events.values()))


async def read(log: EventLog, places: Sequence[Position]) -> Sequence[Record]:
    """The records at these places, in the order of the log.

    A recipient's records lie in one partition, so each poll finds at least one of them.
    """
    end = await log.end({topics.RECIPIENT_EVENTS.name})
    wanted = sorted({(place.partition, place.offset) for place in places})
    found: list[Record] = []
    while wanted:
        partition, offset = wanted[0]
        start = {**end.next_offsets, (topics.RECIPIENT_EVENTS.name, partition): offset}
        polled = await _poll(log, LogToken(start))
        here = {(each.partition, each.offset): each for each in polled}
        found += [here[place] for place in wanted if place in here]
        last = max((place for place in here if place[0] == partition), default=wanted[0])
        wanted = [place for place in wanted if place > last]
    return found


async def _poll(log: EventLog, start: LogToken) -> Sequence[Record]:
    async with log.tail({topics.RECIPIENT_EVENTS.name}, start) as subscription:
        return await subscription.poll(CHUNK, 1.0)


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
