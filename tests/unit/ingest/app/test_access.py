from collections.abc import Sequence

import pytest

from dramatis.core.errors import NotFound
from dramatis.core.request import Request
from dramatis.ingest.app import access
from dramatis.ingest.app.answers import forget
from dramatis.ingest.app.publish import publish_events
from dramatis.ingest.app.world import World
from dramatis.ingest.ports import Effect, HeldEvent
from dramatis.runtime.event_log import NewRecord, Record
from tests.unit.ingest.fakes import NOW, event, make_world, records

ERASE = Request("acme", "EraseRecipient", "q1", b"d")


async def collected(
    world: World, after: access.Place = access.START, most: int = 1_000
) -> tuple[access.Dossier, Sequence[str]]:
    """A page, and the ids of events that were told."""
    told: list[Record] = []
    dossier = await access.collect(world, "acme", "r1", after, most, told.append)
    return dossier, [record.event_id for record in told]


async def test_all_events_of_one_recipient_among_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "NEAR", 7)  # so that one read does not find them all
    world = make_world()
    for number in range(300):
        who = "r1" if number % 20 == 0 else f"other-{number}"
        await publish_events(world, "acme", [event(f"e{number}", who)], forget)
    ids = [f"e{number}" for number in range(0, 300, 20)]
    dossier, told = await collected(world)
    assert told == [record.event_id for record in dossier.events] == ids
    assert not dossier.more

    first, told = await collected(world, most=4)
    assert told == ids
    assert first.more
    pages = [first]
    while pages[-1].more:
        last = pages[-1].events[-1]
        page, told = await collected(world, (last.partition, last.offset), 4)
        assert not told
        pages.append(page)
    assert [record.event_id for page in pages for record in page.events] == ids
    assert [len(page.events) for page in pages] == [4, 4, 4, 3]


async def test_an_event_that_is_twice_in_the_log_is_told_once() -> None:
    world = make_world()
    await publish_events(world, "acme", [event("e1")], forget)
    [record] = await records(world, "recipient-events")
    [again] = await world.log.append(
        [NewRecord("recipient-events", record.key, "e1", record.value)]
    )
    await world.store.save(Effect("acme", [HeldEvent("again", "r1", again)]))
    dossier, told = await collected(world)
    assert len(dossier.events) == len(told) == 1


async def test_nobody() -> None:
    with pytest.raises(NotFound):
        await collected(make_world())


async def test_erasure_leaves_a_tombstone_in_consents() -> None:
    world = make_world()
    assert await access.erase(world, ERASE, "r1", lambda time, token: b"done") == NOW
    [record] = await records(world, "consents")
    assert (record.key, record.value) == ("acme/r1", b"")
    assert await world.store.answer(ERASE) == b"done"
