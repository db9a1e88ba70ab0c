"""A broker that is killed or stands still: quick refusals, nothing acknowledged is lost."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from dramatis.core.errors import Unavailable
from dramatis.runtime.event_log import Record, Subscription
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka_log import KafkaLog
from dramatis.runtime.topics import RECIPIENT_EVENTS, WORLD_SIGNALS
from tests.contract.event_log_suite import new, nothing_applied
from tests.servers.broker import Broker
from tests.servers.load import Load

BATCH, WORKERS = 10, 4
KNOWN = {each.name: each for each in (RECIPIENT_EVENTS, WORLD_SIGNALS)}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    running = Broker(tmp_path_factory.mktemp("broker"))
    yield running
    running.stop()


async def ids(log: KafkaLog, topic: str) -> Counter[str]:
    end = await log.end([topic])
    found: Counter[str] = Counter()
    async with log.tail([topic]) as tail, asyncio.timeout(60):
        while not tail.position.covers(end):
            found.update(record.event_id for record in await tail.poll(5000, 1.0))
    return found


@pytest.mark.parametrize("outage", ["killed", "paused"])
async def test_it_refuses_soon_and_recovers_soon(broker: Broker, outage: str) -> None:
    async with KafkaLog.open(Cluster(broker.bootstrap, prefix=f"{outage}-"), KNOWN) as log:

        async def send(number: int) -> bool:
            names = [f"{number}-{each}" for each in range(BATCH)]
            try:
                await log.append([new(f"acme/r{i}", name) for i, name in enumerate(names)])
            except Unavailable:
                return False
            return True

        load = Load(send, pause_seconds=0.02)
        running = asyncio.create_task(load.run(WORKERS))
        await asyncio.sleep(2)
        assert load.acked
        load.refused.clear()
        broker.kill() if outage == "killed" else broker.pause()
        gone = time.monotonic()
        await asyncio.sleep(8)
        assert load.last_ack < gone + 1
        assert load.refused
        slowest = max(load.refused)
        await asyncio.to_thread(broker.start) if outage == "killed" else broker.resume()
        recovered = await load.ack_after(time.monotonic(), 30)
        load.end()
        await running
        found = await ids(log, RECIPIENT_EVENTS.name)
    sent = {f"{number}-{each}" for number in load.acked for each in range(BATCH)}
    print(f"acknowledged {len(sent)}, refused {len(load.refused)} times, slowest {slowest:.2f} s, "
          f"recovered in {recovered:.2f} s, written twice {found.total() - len(found)}")  # fmt: skip
    assert found.keys() == sent
    assert slowest <= 1.0
    assert recovered <= 10


async def test_a_reader_says_that_the_broker_is_away_and_goes_on_later(broker: Broker) -> None:
    async with KafkaLog.open(Cluster(broker.bootstrap, prefix="read-"), KNOWN) as log:
        topic = WORLD_SIGNALS.name
        await log.append([new("k", "1", topic=topic)])
        async with (
            log.tail([topic]) as tail,
            log.subscribe([topic], "g", nothing_applied) as member,
        ):
            for each in (tail, member):
                assert [one.event_id for one in await polled(each)] == ["1"]
            broker.pause()
            try:
                for each in (tail, member):
                    with pytest.raises(Unavailable, match="cannot be read"):
                        await forever(each)
            finally:
                broker.resume()
            while True:
                try:
                    await log.append([new("k", "2", topic=topic)])
                    break
                except Unavailable:
                    await asyncio.sleep(0.1)
            for each in (tail, member):
                assert "2" in [one.event_id for one in await polled(each)]


async def forever(subscription: Subscription) -> None:
    """Polls until that fails, for 20 s at most."""
    async with asyncio.timeout(20):
        while True:
            await subscription.poll(10, 1.0)


async def polled(subscription: Subscription) -> list[Record]:
    """Records until the newest one came; waits out a broker that is away."""
    found: list[Record] = []
    async with asyncio.timeout(120):
        while not found:
            try:
                found += await subscription.poll(10, 1.0)
            except Unavailable:
                await asyncio.sleep(0.1)
    return found
