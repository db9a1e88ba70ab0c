"""The consumer loop on a real broker."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest
from prometheus_client import REGISTRY

from dramatis.core.errors import Unavailable
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.dead_letters import Limit
from dramatis.runtime.event_log import EventLog, Overtaken, Record
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka_log import KafkaLog
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.topics import DEAD_LETTERS, RECIPIENT_EVENTS
from tests.contract.event_log_suite import drain, new

KNOWN = {each.name: each for each in (RECIPIENT_EVENTS, DEAD_LETTERS)}
TOPIC = RECIPIENT_EVENTS.name


class Store:
    """A handler in memory that several members share, with the fence of `positions.save`."""

    def __init__(self) -> None:
        self.position = LogToken()
        self.applied_ids: list[str] = []
        self.broken = False

    async def applied(self) -> LogToken:
        return self.position

    def decode(self, record: Record) -> str:
        if self.broken:
            raise KeyError("a deploy that cannot read anything")
        return record.event_id

    async def apply(self, items: Sequence[str], position: LogToken) -> None:
        held = self.position.next_offsets
        if any(held.get(place, 0) > end for place, end in position.next_offsets.items()):
            raise Overtaken
        self.applied_ids += [each for each in items if each not in set(self.applied_ids)]
        self.position = self.position.merge(position)


@pytest.fixture
async def log(kafka_bootstrap: str) -> AsyncIterator[EventLog]:
    prefix = f"{uuid.uuid4().hex[:8]}-"
    cluster = Cluster(kafka_bootstrap, prefix=prefix, partitions=4, wait_seconds=10)
    async with KafkaLog.open(cluster, KNOWN) as log:
        yield log


@asynccontextmanager
async def running(*consumers: Consumer[str]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each.run()) for each in consumers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def test_either_member_knows_what_both_have_applied(log: EventLog) -> None:
    store = Store()
    members = [Consumer(log, [TOPIC], "g", store, max_records=10) for _ in range(2)]
    async with running(*members):
        positions = await log.append([new(f"k{i}", str(i)) for i in range(200)])
        token = LogToken.after(positions)
        await asyncio.gather(*(each.wait_for(token, 60) for each in members))
    assert sorted(store.applied_ids, key=int) == [str(i) for i in range(200)]


async def test_a_deploy_that_fails_everything_stops_and_does_not_drain_the_topic(
    log: EventLog,
) -> None:
    store, health = Store(), list[bool]()
    store.broken = True
    bad = Consumer(
        log, [TOPIC], "g", store, health=health.append, max_records=10, limit=Limit(0.2, 25, 100)
    )
    positions = await log.append([new(f"k{i}", str(i)) for i in range(500)])
    async with running(bad), asyncio.timeout(60):
        while False not in health:
            await asyncio.sleep(0.05)
    assert health == [True, False]
    dead = sum((await log.end([DEAD_LETTERS.name])).next_offsets.values())
    assert 25 < dead <= 35
    store.broken = False
    async with running(good := Consumer(log, [TOPIC], "g", store)):
        await good.wait_for(LogToken.after(positions), 60)
    assert len(store.applied_ids) == 500 - dead
    async with log.tail([DEAD_LETTERS.name]) as letters:
        found = await drain(letters, dead)
    assert {letter.headers["dramatis_event_id"] for letter in found} == {
        each for each in map(str, range(500)) if each not in store.applied_ids
    }


async def test_a_member_tells_its_lag_and_forgets_it_when_it_leaves(log: EventLog) -> None:
    async def nothing() -> LogToken:
        return LogToken()

    def lag() -> list[float]:
        found = REGISTRY.collect()
        samples = [each for metric in found for each in metric.samples]
        return [each.value for each in samples if each.labels.get("group") == "lagging"
                and each.name == "dramatis_log_lag_records"]  # fmt: skip

    await log.append([new("k", str(i)) for i in range(100)])
    async with log.subscribe([TOPIC], "lagging", nothing) as member:
        await drain(member, 40, at_once=40)
        assert sorted(lag()) == [0, 0, 0, 60]
    assert lag() == []


async def test_a_topic_that_was_made_anew_is_not_read_as_if_nothing_had_happened(
    log: EventLog,
) -> None:
    async def further() -> LogToken:
        return LogToken({(TOPIC, 0): 1_000})

    async with log.subscribe([TOPIC], "g", further) as member:
        with pytest.raises(Unavailable, match="ends before what was read"):
            await drain(member, 1)
