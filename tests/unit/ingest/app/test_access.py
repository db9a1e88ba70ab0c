import pytest

from dramatis.core.errors import NotFound
from dramatis.core.request import Request
from dramatis.ingest.app import access
from dramatis.ingest.app.answers import forget
from dramatis.ingest.app.publish import publish_events
from dramatis.ingest.ports import Effect, HeldEvent
from dramatis.runtime.event_log import NewRecord
from tests.unit.ingest.fakes import NOW, event, make_world, records

ERASE = Request("acme", "EraseRecipient", "q1", b"d")


async def test_all_events_of_one_recipient_among_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "CHUNK", 7)  # so that one read does not find them all
    world = make_world()
    for number in range(300):
        who = "r1" if number % 20 == 0 else f"other-{number}"
        await publish_events(world, "acme", [event(f"e{number}", who)], forget)
    dossier = await access.collect(world, "acme", "r1")
    assert dossier.events == [event(f"e{number}", "r1").value for number in range(0, 300, 20)]


async def test_an_event_that_is_twice_in_the_log_is_told_once() -> None:
    world = make_world()
    await publish_events(world, "acme", [event("e1")], forget)
    [record] = await records(world, "recipient-events")
    [again] = await world.log.append(
        [NewRecord("recipient-events", record.key, "e1", record.value)]
    )
    await world.store.save(Effect("acme", [HeldEvent("again", "r1", again)]))
    assert len((await access.collect(world, "acme", "r1")).events) == 1


async def test_nobody() -> None:
    with pytest.raises(NotFound):
        await access.collect(make_world(), "acme", "r1")


async def test_erasure_leaves_a_tombstone_in_consents() -> None:
    world = make_world()
    assert await access.erase(world, ERASE, "r1", lambda time, token: b"done") == NOW
    [record] = await records(world, "consents")
    assert (record.key, record.value) == ("acme/r1", b"")
    assert await world.store.answer(ERASE) == b"done"
