"""What becomes of a batch: the whole way of an item but for its protocol."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dramatis.api.common.v1 import signal_pb2
from dramatis.core.errors import Conflict, Unavailable
from dramatis.ingest.adapters.feeds.memory import MemoryCursors
from dramatis.ingest.adapters.feeds.signal_message import encode
from dramatis.ingest.adapters.feeds.vader import Vader
from dramatis.ingest.app.feeds import Desk, take_in
from dramatis.ingest.domain.feeds.connector import Connector, Name
from dramatis.ingest.domain.feeds.item import Batch, Item, Removal
from dramatis.ingest.domain.feeds.topics import Words
from dramatis.ingest.domain.feeds.world_signal import SignalKind
from dramatis.runtime import topics
from tests.unit.ingest.fakes import NOW, BrokenStore, make_world, records

POSTS = Connector(
    Name("acme", "posts"),
    "bluesky",
    SignalKind.SOCIAL,
    Words({"jobs": ["layoffs"], "weather": ["rain"]}),
    Words({"Ayton Mill": ["ayton"]}),
    region_code="GB",
    weight=0.1,
)


def post(key, text="Terrible layoffs at Ayton, sad and awful", **fields):
    told = {"time": NOW - timedelta(minutes=1), "language_code": "en", "author": "ann", **fields}
    return Item(key, text, text, key=key, **told)


async def desk(world=None, cursors=None):
    cursors = cursors or MemoryCursors()
    await cursors.lease(POSTS.name, "me", NOW, NOW + timedelta(hours=1))
    return Desk(world or make_world(), cursors, Vader(), encode)


async def signals(at):
    found = await records(at.world, topics.WORLD_SIGNALS.name)
    assert all(each.key.startswith("acme/") for each in found)
    return [signal_pb2.Signal.FromString(each.value) for each in found]


async def test_an_item_becomes_a_signal():
    at = await desk()
    item = post("p1", tags=["Mill"], reactions=100)
    taken = await take_in(at, POSTS, "me", Batch([item], "7"))
    (signal,) = await signals(at)
    assert taken.outcomes == {"accepted": 1, "no_topic": 0}
    assert taken.newest == item.time
    assert (signal.topic, signal.kind) == ("jobs", signal_pb2.SIGNAL_KIND_SOCIAL)
    assert list(signal.entities) == ["Ayton Mill", "#mill"]
    assert (signal.region_code, signal.language_code) == ("GB", "en")
    assert (signal.sentiment.supported, signal.sentiment.score < -0.5) == (True, True)
    assert signal.intensity == pytest.approx(0.1 + 0.9 * 0.5)
    assert signal.source == "bluesky/posts"
    assert await at.cursors.cursor(POSTS.name) == "7"


async def test_neither_text_nor_author_is_kept():
    at = await desk()
    await take_in(at, POSTS, "me", Batch([post("p1", author="did:plc:canary")], "7"))
    (record,) = await records(at.world, topics.WORLD_SIGNALS.name)
    (noted,) = await at.cursors.recent("acme", 9)
    for kept in (repr(record), repr(noted)):
        assert "canary" not in kept
        assert "terrible" not in kept.lower()


async def test_other_languages_have_no_sentiment():
    at = await desk()
    batch = Batch(
        [
            post("p1", "Schlimme layoffs", language_code="de"),
            post("p2", "layoffs bad", language_code=""),
        ],
        "7",
    )
    await take_in(at, POSTS, "me", batch)
    assert [each.sentiment.supported for each in await signals(at)] == [False, False]


async def test_an_item_about_two_topics_is_two_signals():
    at = await desk()
    await take_in(at, POSTS, "me", Batch([post("p1", "layoffs in the rain")], "7"))
    assert {each.topic for each in await signals(at)} == {"jobs", "weather"}


async def test_the_same_batch_again_changes_nothing():
    at = await desk()
    batch = Batch([post("p1"), post("p2", "rain in the dark streets of an old town")], "7")
    await take_in(at, POSTS, "me", batch)
    again = await take_in(at, POSTS, "me", batch)
    assert again.outcomes["duplicate"] == 2
    assert len(await signals(at)) == 2


async def test_a_story_counts_once_also_after_a_restart():
    at = await desk()
    title = "Heavy layoffs announced by the mill in Ayton this morning"
    await take_in(at, POSTS, "me", Batch([post("p1", title)], "7"))
    taken = await take_in(at, POSTS, "me", Batch([post("p2", f"{title}!")], "8"))
    assert taken.outcomes["repeat"] == 1
    restarted = Desk(at.world, at.cursors, at.scorer, at.encode)
    taken = await take_in(restarted, POSTS, "me", Batch([post("p3", f"Oh: {title}")], "9"))
    assert taken.outcomes["repeat"] == 1
    assert len(await signals(at)) == 1
    each = replace(POSTS, once=False)
    await take_in(at, each, "me", Batch([post("p4", title)], "10"))
    assert len(await signals(at)) == 2


@pytest.mark.parametrize("removal", [Removal(key="p1"), Removal(author="ann")])
async def test_what_is_deleted_is_taken_back(removal):
    at = await desk()
    other = post("p2", "rain in the dark streets of an old town", author="ben")
    await take_in(at, POSTS, "me", Batch([post("p1"), other], "7"))
    batch = Batch([removal, Removal(key="never seen"), Removal(author="nobody")], "8")
    taken = await take_in(at, POSTS, "me", batch)
    assert taken.outcomes["withdrawn"] == 1
    first, last = [each for each in await signals(at) if each.topic == "jobs"]
    assert last.withdraws_signal_id == first.signal_id
    assert (last.topic, last.intensity, last.HasField("sentiment")) == (first.topic, 0, False)
    again = await take_in(at, POSTS, "me", batch)
    assert "withdrawn" not in again.outcomes
    assert len(await at.cursors.recent("acme", 9)) == 1


async def test_a_post_and_its_deletion_in_one_batch_leave_nothing():
    at = await desk()
    batch = Batch(
        [post("p1"), post("p2", author="ben"), Removal(key="p1"), Removal(author="ben")], "7"
    )
    taken = await take_in(at, POSTS, "me", batch)
    assert taken.outcomes == {"deleted": 2}
    assert await signals(at) == []


async def test_a_story_that_was_taken_back_may_be_told_again():
    at = await desk()
    title = "Heavy layoffs announced by the mill in Ayton this morning"
    await take_in(at, POSTS, "me", Batch([post("p1", title)], "7"))
    await take_in(at, POSTS, "me", Batch([Removal(key="p1")], "8"))
    taken = await take_in(at, POSTS, "me", Batch([post("p2", title, author="ben")], "9"))
    assert taken.outcomes["accepted"] == 1


async def test_after_a_failure_the_batch_may_come_again():
    store = BrokenStore()
    at = await desk(make_world(store))
    store.broken = True
    batch = Batch([post("p1")], "7")
    with pytest.raises(Unavailable):
        await take_in(at, POSTS, "me", batch)
    assert await at.cursors.cursor(POSTS.name) == ""
    store.broken = False
    taken = await take_in(at, POSTS, "me", batch)
    assert taken.outcomes["accepted"] == 1
    assert await at.cursors.cursor(POSTS.name) == "7"
    assert len({each.signal_id for each in await signals(at)}) == 1


async def test_who_lost_the_lease_does_not_move_the_cursor():
    at = await desk()
    with pytest.raises(Conflict):
        await take_in(at, POSTS, "another", Batch([], "7"))
    assert await at.cursors.cursor(POSTS.name) == ""


async def test_odd_texts_are_signals_too():
    at = await desk()
    batch = Batch(
        [post("\ud800", "layoffs \ud800", tags=["\udfff"]), post("p" * 5_000, "rain " * 900)], "7"
    )
    taken = await take_in(at, POSTS, "me", batch)
    assert taken.outcomes["accepted"] == 2
    assert len(await signals(at)) == 2


async def test_what_is_said_to_be_in_the_future_is_now():
    at = await desk()
    await take_in(at, POSTS, "me", Batch([post("p1", time=NOW + timedelta(days=99))], "7"))
    (signal,) = await signals(at)
    assert signal.signal_time.ToDatetime(tzinfo=NOW.tzinfo) == NOW
