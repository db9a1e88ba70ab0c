from collections.abc import Sequence

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from dramatis.api.common.v1.event_pb2 import MESSAGE_EVENT_KIND_UNSUBSCRIBED, MessageEvent
from dramatis.core.consent import ConsentState
from dramatis.core.errors import Invalid
from dramatis.core.request import Request
from dramatis.ingest.adapters.grpc_items import to_event, to_found
from dramatis.ingest.app import access
from dramatis.ingest.app.answers import forget
from dramatis.ingest.app.follow import take_in
from dramatis.ingest.app.publish import publish_events
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.incoming import FoundEvent, IncomingEvent
from dramatis.ingest.domain.verdict import Outcome
from dramatis.runtime.event_log import NewRecord
from dramatis.runtime.log_token import LogToken
from tests.unit.ingest.fakes import NOW, event, make_world, message, records, unsubscribed

UNSUBSCRIBED = MessageEvent(kind=MESSAGE_EVENT_KIND_UNSUBSCRIBED)
ERASE = Request("acme", "EraseRecipient", "q1", b"d")


async def written_by_others(world: World, *events: IncomingEvent) -> Sequence[FoundEvent]:
    """As the prioritizer writes outcomes into the log."""
    topic = "recipient-events"
    await world.log.append(
        [
            NewRecord(topic, f"acme/{each.recipient_id}", each.event_id, each.value)
            for each in events
        ]
    )
    return [to_found(record) for record in await records(world, topic)]


async def test_events_of_others_are_known_and_held() -> None:
    world = make_world()
    found = await written_by_others(world, event("e1"), event("e2", "r2"))
    position = LogToken({("recipient-events", 1): 1})
    assert await take_in(world, found, position) == 2
    assert await world.store.followed() == position
    dossier = await access.collect(world, "acme", "r2", access.START, 10, lambda record: None)
    assert [each.value for each in dossier.events] == [event("e2", "r2").value]
    published = await publish_events(world, "acme", [event("e1")], forget)
    assert published.verdicts[0].outcome is Outcome.DUPLICATE


async def test_again_changes_nothing() -> None:
    world = make_world()
    found = await written_by_others(world, unsubscribed("e1"))
    await take_in(world, found, LogToken())
    assert await take_in(world, found, LogToken()) == 0
    assert len(await records(world, "consents")) == 1


async def test_an_unsubscription_binds_wherever_it_was_reported() -> None:
    world = make_world()
    await take_in(world, await written_by_others(world, unsubscribed("e1")), LogToken())
    [said] = (await world.store.consents("acme", {"r1"}))["r1"]
    assert said.state is ConsentState.DENIED
    assert len(await records(world, "consents")) == 1


LAST = Timestamp(seconds=253_402_300_799, nanos=999_999_000)
"""The last moment that a caller of the prioritizer may name."""


@pytest.mark.parametrize("time", [LAST, Timestamp(seconds=-62_000_000_000)])
async def test_an_unsubscription_with_an_impossible_time_binds_from_now(time: Timestamp) -> None:
    world = make_world()
    told = message("e1", message=UNSUBSCRIBED)
    told.event_time.CopyFrom(time)
    await take_in(world, await written_by_others(world, to_event(told)), LogToken())
    [said] = (await world.store.consents("acme", {"r1"}))["r1"]
    assert (said.state, said.time) == (ConsentState.DENIED, NOW)


async def test_bytes_that_are_no_event_are_named() -> None:
    world = make_world()
    await world.log.append([NewRecord("recipient-events", "acme/r1", "e1", b"\xff\xff")])
    found = [to_found(record) for record in await records(world, "recipient-events")]
    with pytest.raises(Invalid, match="no event"):
        await take_in(world, found, LogToken())
    assert await world.store.recipient("acme", "r1") is None


async def test_the_erased_do_not_come_back() -> None:
    world = make_world()
    await access.erase(world, ERASE, "r1", lambda time, token: b"done")
    found = await written_by_others(world, event("e1"), event("e2", "r2"))
    assert await take_in(world, found, LogToken()) == 1
    assert await world.store.recipient("acme", "r1") is None


async def test_own_events_are_not_counted_twice() -> None:
    world = make_world()
    await publish_events(world, "acme", [event("e1")], forget)
    found = [to_found(record) for record in await records(world, "recipient-events")]
    assert await take_in(world, found, LogToken()) == 0
