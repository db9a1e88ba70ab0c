import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import numpy as np
import pytest

from dramatis.core.errors import Invalid, Unavailable
from dramatis.runtime.consumer import Consumer, Poisoned
from dramatis.runtime.dead_letters import Limit, Meter
from dramatis.runtime.event_log import NewRecord, Overtaken, Record
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.memory_log import MemoryLog

TOPIC = "recipient-events"


class Sums:
    """Applies numbers; its words for what cannot be: `bad` to decode, 13 alone, 99 named."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.position = LogToken()
        self.fail_times = 0
        self.away_times = 0

    async def applied(self) -> LogToken:
        if self.away_times:
            self.away_times -= 1
            raise Unavailable("store away")
        return self.position

    def decode(self, record: Record) -> int:
        return int(record.value)

    async def apply(self, items: Sequence[int], position: LogToken) -> None:
        if self.fail_times:
            self.fail_times -= 1
            raise Unavailable("store away")
        if 99 in items:
            raise Poisoned({i: Invalid("99") for i, item in enumerate(items) if item == 99})
        if 13 in items:
            raise Invalid("13 brings bad luck", reason="UNLUCKY")
        self.numbers += items
        self.position = position


def numbered(*values: object) -> list[NewRecord]:
    return [NewRecord(TOPIC, "k", str(i), str(v).encode()) for i, v in enumerate(values)]


@asynccontextmanager
async def running(consumer: Consumer[int]) -> AsyncIterator[None]:
    task = asyncio.create_task(consumer.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def letters(log: MemoryLog) -> list[Record]:
    async with log.tail(["dead-letters"]) as tail:
        return list(await tail.poll(1000, 0))


async def test_applies_everything_and_knows_where_it_is() -> None:
    log, sums = MemoryLog(), Sums()
    consumer = Consumer(log, [TOPIC], "g", sums, max_records=7)
    async with running(consumer):
        token = LogToken.after(await log.append(numbered(*range(20, 70))))
        elsewhere = LogToken({("plans", 0): 5})
        await consumer.wait_for(token.merge(elsewhere), 5)
    assert sums.numbers == list(range(20, 70))
    assert sums.position == consumer.position == token


async def test_starts_behind_what_its_store_has() -> None:
    log, sums = MemoryLog(), Sums()
    positions = await log.append(numbered(1, 2, 3))
    sums.position = LogToken.after(positions[:2])
    consumer = Consumer(log, [TOPIC], "g", sums)
    async with running(consumer):
        await consumer.wait_for(LogToken.after(positions), 5)
    assert sums.numbers == [3]


async def test_poison_becomes_dead_letters_and_the_rest_is_applied() -> None:
    log, sums = MemoryLog(), Sums()
    positions = await log.append(numbered(1, "bad", 2, 13, 3, 99, 4, 13, 99))
    consumer = Consumer(log, [TOPIC], "g", sums)
    async with running(consumer):
        await consumer.wait_for(LogToken.after(positions), 5)
    assert sums.numbers == [1, 2, 3, 4]
    dead = {record.headers["dramatis_offset"]: record for record in await letters(log)}
    assert sorted(dead) == ["1", "3", "5", "7", "8"]
    assert dead["1"].value == b"bad"
    assert dead["1"].headers["dramatis_reason"] == "UNREADABLE"
    assert dead["3"].headers["dramatis_reason"] == "UNLUCKY"
    assert dead["3"].headers["dramatis_topic"] == TOPIC
    assert int(dead["3"].headers["dramatis_partition"]) == positions[0].partition


async def test_retries_while_the_store_is_away() -> None:
    log, sums = MemoryLog(), Sums()
    sums.fail_times = 3
    consumer = Consumer(log, [TOPIC], "g", sums, rng=np.random.default_rng(0))
    async with running(consumer):
        await consumer.wait_for(LogToken.after(await log.append(numbered(1, 2))), 5)
    assert sums.numbers == [1, 2]


async def test_waits_for_a_store_that_is_away_at_first() -> None:
    log, sums = MemoryLog(), Sums()
    sums.away_times = 3
    consumer = Consumer(log, [TOPIC], "g", sums, rng=np.random.default_rng(0))
    async with running(consumer):
        await consumer.wait_for(LogToken.after(await log.append(numbered(1))), 5)
    assert sums.numbers == [1]


async def test_waiting_for_what_does_not_come_is_unavailable() -> None:
    consumer = Consumer(MemoryLog(), [TOPIC], "g", Sums())
    with pytest.raises(Unavailable) as caught:
        await consumer.wait_for(LogToken({(TOPIC, 0): 1}), 0.01)
    assert caught.value.retry_after_seconds > 0


async def test_too_many_dead_letters_stop_the_loop() -> None:
    log, sums, health = MemoryLog(), Sums(), list[bool]()
    consumer = Consumer(
        log, [TOPIC], "g", sums, health=health.append, max_records=10, limit=Limit(0.2, 25, 100)
    )
    async with running(consumer):
        await log.append(numbered(*["bad"] * 500))
        async with asyncio.timeout(5):
            while False not in health:
                await asyncio.sleep(0.01)
    assert len(await letters(log)) == 30
    assert health == [True, False]


async def test_a_bug_ends_the_loop() -> None:
    class Buggy(Sums):
        async def apply(self, items: Sequence[int], position: LogToken) -> None:
            raise ZeroDivisionError

    log = MemoryLog()
    await log.append(numbered(1))
    with pytest.raises(ZeroDivisionError):
        await Consumer(log, [TOPIC], "g", Buggy()).run()


def test_the_meter_looks_at_recent_records_only() -> None:
    meter = Meter(Limit(share=0.1, least=5, window=100))
    meter.update(20, 6)
    assert meter.exceeded
    meter.update(100, 0)
    assert not meter.exceeded
    meter.update(100, 10)
    assert not meter.exceeded


async def test_halves_save_what_is_before_the_rest() -> None:
    class Saved(Sums):
        def __init__(self) -> None:
            super().__init__()
            self.saved: list[int] = []

        async def apply(self, items: Sequence[int], position: LogToken) -> None:
            await super().apply(items, position)
            self.saved += position.next_offsets.values()

    log, sums = MemoryLog(), Saved()
    positions = await log.append(numbered(1, 2, 3, 13))
    consumer = Consumer(log, [TOPIC], "g", sums)
    async with running(consumer):
        await consumer.wait_for(LogToken.after(positions), 5)
    assert sums.numbers == [1, 2, 3]
    assert sums.saved == [2, 3, 4]


async def test_overtaken_it_starts_from_what_the_store_has() -> None:
    class Shared(Sums):
        async def apply(self, items: Sequence[int], position: LogToken) -> None:
            if not position.covers(self.position):
                raise Overtaken
            await super().apply(items, position)

    log, sums = MemoryLog(), Shared()
    consumer = Consumer(log, [TOPIC], "g", sums, max_records=2, rng=np.random.default_rng(0))
    async with running(consumer):
        await consumer.wait_for(LogToken.after(await log.append(numbered(1))), 5)
        [(place, end)] = consumer.position.next_offsets.items()
        sums.position = LogToken({place: end + 3})  # what another member did with these three
        await log.append(numbered(2, 3, 4))
        await consumer.wait_for(LogToken.after(await log.append(numbered(5))), 5)
    assert sums.numbers == [1, 5]


async def test_what_another_member_applied_is_not_waited_for() -> None:
    log, sums = MemoryLog(), Sums()
    consumer = Consumer(log, [TOPIC], "g", sums)
    written = LogToken({(TOPIC, 3): 7})
    async with running(consumer):
        waiting = asyncio.create_task(consumer.wait_for(written, 5))
        await asyncio.sleep(0)
        sums.position = written
        await waiting
    assert consumer.position.covers(written)
