import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from dramatis.api.common.v1 import event_pb2
from dramatis.core.consent import Consent, ConsentState, Purpose
from dramatis.core.errors import Exhausted, Invalid, Unavailable
from dramatis.core.request import Request
from dramatis.ingest.adapters.grpc_items import to_found
from dramatis.ingest.adapters.memory import MemoryStore
from dramatis.ingest.app.answers import Encoder, Published, forget, once
from dramatis.ingest.app.consents import record_consents
from dramatis.ingest.app.intake import Intake
from dramatis.ingest.app.publish import publish_events
from dramatis.ingest.app.windows import Order
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.incoming import Statement
from dramatis.ingest.domain.policy import Policies, Policy, Quota
from dramatis.ingest.domain.verdict import Outcome
from dramatis.ingest.ports import Effect
from dramatis.runtime.log_token import LogToken
from dramatis.wire.consents import to_recipient
from tests.unit.ingest.fakes import (
    NOW,
    BrokenStore,
    event,
    make_world,
    message,
    records,
    unsubscribed,
)

ACCEPTED, DUPLICATE = Outcome.ACCEPTED, Outcome.DUPLICATE


def outcomes(published: Published) -> list[Outcome]:
    return [each.outcome for each in published.verdicts]


async def ids(world: World, topic: str = "recipient-events") -> list[str]:
    return sorted(record.event_id for record in await records(world, topic))


async def test_the_record_is_the_event_as_it_came() -> None:
    world = make_world()
    sent = message("e1", "r7", context=event_pb2.EventContext(device_class="phone"))
    published = await publish_events(
        world, "acme", [event("e1", "r7", context=sent.context)], forget
    )
    [record] = await records(world, "recipient-events")
    assert record.key == "acme/r7"
    assert event_pb2.Event.FromString(record.value) == sent
    assert record.headers["ce_type"] == "dramatis.api.common.v1.Event"
    assert record.headers["ce_time"] == "2026-05-01T11:00:00+00:00"
    assert LogToken.decode(published.log_token) == LogToken.after([record])


async def test_a_window_that_is_ready_early_does_not_block_the_one_before_it() -> None:
    world = make_world()
    first = Order(None)
    second = Order(first)
    early = asyncio.create_task(
        publish_events(world, "acme", [unsubscribed("e2", "r1")], forget, second)
    )
    await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        await publish_events(world, "acme", [event("e1", "r1")], forget, first)
        await early
    assert [each.event_id for each in await records(world, "recipient-events")] == ["e1", "e2"]


async def test_one_bad_event_never_harms_the_others() -> None:
    world = make_world()
    batch = [event("e1"), event("", "r1"), event("e3", "ann@example.org"), event("e4", "r2")]
    published = await publish_events(world, "acme", batch, forget)
    assert outcomes(published) == [ACCEPTED, Outcome.REJECTED, Outcome.REJECTED, ACCEPTED]
    assert await ids(world) == ["e1", "e4"]


async def test_the_same_id_counts_once_within_and_across_batches() -> None:
    world = make_world()
    first = await publish_events(world, "acme", [event("e1"), event("e1", "r2")], forget)
    again = await publish_events(world, "acme", [event("e1")], forget)
    other = await publish_events(world, "beta", [event("e1")], forget)
    assert outcomes(first) == [ACCEPTED, DUPLICATE]
    assert outcomes(again) == [DUPLICATE]
    assert outcomes(other) == [ACCEPTED]
    assert len(await ids(world)) == 2


async def test_the_token_of_a_duplicate_covers_the_original() -> None:
    world = make_world()
    first = await publish_events(world, "acme", [event("e1")], forget)
    again = await publish_events(world, "acme", [event("e1")], forget)
    assert LogToken.decode(again.log_token).covers(LogToken.decode(first.log_token))


async def test_the_same_event_in_calls_at_once_is_written_once() -> None:
    world = make_world()
    calls = [publish_events(world, "acme", [event("e1"), event(f"x{n}")], forget) for n in range(8)]
    published = await asyncio.gather(*calls)
    assert sorted(outcomes(each)[0] for each in published) == [ACCEPTED] + [DUPLICATE] * 7
    assert len(await ids(world)) == 9


async def test_an_event_from_the_future_is_set_aside_with_its_reason() -> None:
    world = make_world()
    ahead = replace(event("e1"), time=NOW + timedelta(hours=1))
    published = await publish_events(world, "acme", [ahead], forget)
    assert outcomes(published) == [Outcome.QUARANTINED]
    [letter] = await records(world, "dead-letters")
    assert letter.value == ahead.value
    assert letter.headers["dramatis_reason"] == "EVENT_FROM_FUTURE"
    assert letter.headers["dramatis_key"] == "acme/r1"
    assert not await ids(world)


async def test_a_quarantined_event_may_come_again_with_its_clock_set_right() -> None:
    world = make_world()
    good = event("e1")
    ahead = replace(good, time=NOW + timedelta(hours=1))
    await publish_events(world, "acme", [ahead], forget)
    assert outcomes(await publish_events(world, "acme", [good], forget)) == [ACCEPTED]


async def test_an_unsubscription_is_a_denied_consent() -> None:
    world = make_world()
    await publish_events(world, "acme", [event("e1"), unsubscribed("e2")], forget)
    [record] = await records(world, "consents")
    assert record.key == "acme/r1"
    tenant, recipient_id, [said] = to_recipient(record.value)
    assert (tenant, recipient_id) == ("acme", "r1")
    assert (said.purpose, said.state) == (Purpose.MARKETING, ConsentState.DENIED)
    assert said.time == NOW - timedelta(hours=1)
    assert said.source == "unsubscribed"


async def test_an_old_unsubscription_does_not_undo_a_newer_grant() -> None:
    world = make_world()
    grant = Consent(Purpose.MARKETING, ConsentState.GRANTED, NOW)
    await record_consents(world, "acme", [Statement("r1", grant)], forget)
    await publish_events(world, "acme", [unsubscribed("e2")], forget)
    [record] = await records(world, "consents")
    assert to_recipient(record.value)[2] == (grant,)


async def test_profiling_denied_binds_the_very_next_event() -> None:
    world = make_world()
    denial = Consent(Purpose.PROFILING, ConsentState.WITHDRAWN, NOW)
    await record_consents(world, "acme", [Statement("r1", denial)], forget)
    published = await publish_events(world, "acme", [event("e1"), event("e2", "r2")], forget)
    assert [each.rule for each in published.verdicts] == ["consent", "append"]
    assert await ids(world) == ["e2"]


async def test_a_crash_between_log_and_store_loses_nothing() -> None:
    store = BrokenStore()
    world = make_world(store)
    store.broken = True
    with pytest.raises(Unavailable):
        await publish_events(world, "acme", [event("e1")], forget)
    store.broken = False
    again = await publish_events(world, "acme", [event("e1")], forget)
    assert outcomes(again) == [ACCEPTED]
    assert await ids(world) == ["e1", "e1"]  # readers drop the second by its id


def request(request_id: str, digest: bytes = b"d") -> Request:
    return Request("acme", "PublishEvents", request_id, digest)


async def call(world: World, of: Request, event_id: str = "e1") -> bytes:
    seal = Encoder(world.clock, of, lambda done: repr(outcomes(done)).encode())
    return await once(world, of, lambda: publish_events(world, of.tenant, [event(event_id)], seal))


async def test_the_same_request_gets_the_original_answer() -> None:
    world = make_world()
    assert await call(world, request("q1")) == await call(world, request("q1"))
    assert b"DUPLICATE" in await call(world, request("q2"))
    assert await ids(world) == ["e1"]


async def test_the_same_request_at_once_has_one_effect() -> None:
    world = make_world()
    answers = await asyncio.gather(*(call(world, request("q1")) for _ in range(5)))
    assert set(answers) == {answers[0]}
    assert b"ACCEPTED" in answers[0]


async def test_another_body_under_the_same_request_is_refused() -> None:
    world = make_world()
    await call(world, request("q1"))
    with pytest.raises(Invalid) as caught:
        await call(world, request("q1", b"other"), "e2")
    assert caught.value.reason == "REQUEST_ID_REUSED"
    assert await ids(world) == ["e1"]


async def test_a_request_that_failed_may_be_sent_again() -> None:
    store = BrokenStore()
    world = make_world(store)
    store.broken = True
    with pytest.raises(Unavailable):
        await call(world, request("q1"))
    store.broken = False
    assert b"ACCEPTED" in await call(world, request("q1"))


class SlowStore(MemoryStore):
    """A store that waits before it writes."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go = asyncio.Event(), asyncio.Event()

    async def save(self, effect: Effect) -> None:
        self.reached.set()
        await self.go.wait()
        await super().save(effect)


async def test_a_batch_whose_caller_leaves_is_whole() -> None:
    store = SlowStore()
    world = make_world(store)

    async def work() -> Published:
        return await publish_events(world, "acme", [event("e1")], forget)

    async with world.errands:
        caller = asyncio.create_task(world.carry("acme", 1, 100, work))
        await store.reached.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        store.go.set()
    assert outcomes(await publish_events(world, "acme", [event("e1")], forget)) == [DUPLICATE]


async def test_who_sent_too_much_is_told_when_to_come_again() -> None:
    policies = Policies(Policy(quota=Quota(items_per_second=1, burst_items=1)))
    world = make_world(intake=Intake(policies))

    async def work() -> int:
        return 1

    assert await world.carry("acme", 5, 100, work) == 1
    with pytest.raises(Exhausted) as caught:
        await world.carry("acme", 5, 100, work)
    assert caught.value.retry_after_seconds == pytest.approx(5, abs=0.1)


async def test_what_was_written_here_is_not_asked_for_again() -> None:
    world = make_world()
    await publish_events(world, "acme", [event("e1"), event("e2")], forget)
    found = [to_found(record) for record in await records(world, "recipient-events")]
    assert [world.noted.take(each.partition, each.offset) for each in found] == [True, True]
