from dataclasses import replace

from dramatis.ingest.adapters.log_follower import Follower
from dramatis.ingest.app.answers import forget
from dramatis.ingest.app.publish import publish_events
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sealed_record import SEALED
from tests.unit.ingest.fakes import event, make_world, records


async def test_what_was_written_here_is_known_once() -> None:
    world = make_world()
    await publish_events(world, "acme", [event("e1")], forget)
    follower = Follower(world)
    [record] = await records(world, "recipient-events")
    assert [*await follower.knows([record]), *await follower.knows([record])] == [True, False]


async def test_what_comes_sealed_is_passed_over_and_the_place_is_kept() -> None:
    world = make_world()
    await publish_events(world, "acme", [event("e1")], forget)
    follower = Follower(world)
    [record] = await records(world, "recipient-events")
    left = follower.decode(replace(record, headers={SEALED: "1"}))
    assert left is None
    position = LogToken.after([record])
    await follower.apply([left], position)
    assert await follower.applied() == position
