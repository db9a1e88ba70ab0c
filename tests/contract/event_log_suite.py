"""What any event log must do. An adapter's test class derives from `EventLogSuite`."""

import asyncio
from collections.abc import Sequence

import pytest

from dramatis.core.errors import Invalid
from dramatis.runtime.event_log import EventLog, NewRecord, Record, Subscription
from dramatis.runtime.log_token import LogToken


def new(key: str, event_id: str, value: bytes = b"v", topic: str = "recipient-events") -> NewRecord:
    return NewRecord(topic, key, event_id, value, {"ce_type": "test"})


async def nothing_applied() -> LogToken:
    return LogToken()


async def drain(subscription: Subscription, count: int, at_once: int = 100) -> Sequence[Record]:
    """Polls until `count` records came."""
    records: list[Record] = []
    async with asyncio.timeout(10):
        while len(records) < count:
            records += await subscription.poll(at_once, 0.5)
    return records


class EventLogSuite:
    """The contract; derived classes give the fixture `log`."""

    @pytest.fixture
    def log(self) -> EventLog:
        raise NotImplementedError

    async def test_reads_back_what_was_appended(self, log: EventLog) -> None:
        [at] = await log.append([new("acme/r1", "e1", b"\x00\xff")])
        async with log.subscribe(["recipient-events"], "g", nothing_applied) as subscription:
            [record] = await drain(subscription, 1)
        assert (record.key, record.event_id, record.value) == ("acme/r1", "e1", b"\x00\xff")
        assert (record.topic, record.partition, record.offset) == (
            at.topic,
            at.partition,
            at.offset,
        )
        assert dict(record.headers) == {"ce_type": "test"}
        assert record.time.utcoffset() is not None

    async def test_keeps_the_order_of_each_key(self, log: EventLog) -> None:
        sent = [new(f"k{i % 7}", str(i)) for i in range(200)]
        for start in range(0, 200, 23):
            await log.append(sent[start : start + 23])
        async with log.subscribe(["recipient-events"], "g", nothing_applied) as subscription:
            records = await drain(subscription, 200, at_once=17)
        for key in {each.key for each in sent}:
            got = [record.event_id for record in records if record.key == key]
            assert got == [each.event_id for each in sent if each.key == key]

    async def test_a_key_stays_in_its_partition(self, log: EventLog) -> None:
        first = await log.append([new(f"k{i}", "a") for i in range(50)])
        second = await log.append([new(f"k{i}", "b") for i in range(50)])
        assert [at.partition for at in first] == [at.partition for at in second]
        assert len({at.partition for at in first}) > 1

    async def test_concurrent_appends_all_arrive_in_order(self, log: EventLog) -> None:
        async def write(key: str) -> None:
            for number in range(20):
                await log.append([new(key, f"{key}-{number}")])

        await asyncio.gather(*(write(f"w{i}") for i in range(8)))
        async with log.subscribe(["recipient-events"], "g", nothing_applied) as subscription:
            records = await drain(subscription, 160)
        assert len({(record.partition, record.offset) for record in records}) == 160
        for i in range(8):
            got = [record.event_id for record in records if record.key == f"w{i}"]
            assert got == [f"w{i}-{number}" for number in range(20)]

    async def test_starts_where_the_reader_says(self, log: EventLog) -> None:
        positions = await log.append([new("k", str(i)) for i in range(10)])

        async def half() -> LogToken:
            return LogToken.after(positions[:5])

        async with log.subscribe(["recipient-events"], "g", half) as subscription:
            records = await drain(subscription, 5)
            assert not await subscription.poll(10, 0)
        assert [record.event_id for record in records] == list("56789")

    async def test_position_covers_what_was_handed_out_and_no_more(self, log: EventLog) -> None:
        positions = await log.append([new("k", str(i)) for i in range(10)])
        async with log.subscribe(["recipient-events"], "g", nothing_applied) as subscription:
            await drain(subscription, 4, at_once=4)
            assert subscription.position.covers(LogToken.after(positions[:4]))
            assert not subscription.position.covers(LogToken.after(positions[:5]))

    async def test_a_waiting_poll_sees_an_append(self, log: EventLog) -> None:
        async with log.subscribe(["recipient-events"], "g", nothing_applied) as subscription:
            waiting = asyncio.ensure_future(subscription.poll(10, 10))
            await asyncio.sleep(0.05)
            await log.append([new("k", "late")])
            [record] = await asyncio.wait_for(waiting, 5)
        assert record.event_id == "late"

    async def test_a_cancelled_poll_loses_nothing(self, log: EventLog) -> None:
        async with log.subscribe(["recipient-events"], "g", nothing_applied) as subscription:
            for number in range(10):
                waiting = asyncio.ensure_future(subscription.poll(10, 10))
                await asyncio.sleep(0)
                await log.append([new("k", str(number))])
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
                if not waiting.cancelled():
                    [record] = waiting.result()
                else:
                    [record] = await drain(subscription, 1)
                assert record.event_id == str(number)

    async def test_an_empty_log_answers_in_time(self, log: EventLog) -> None:
        async with log.subscribe(["recipient-events"], "g", nothing_applied) as subscription:
            assert list(await subscription.poll(10, 0.02)) == []
        assert await log.end(["recipient-events"]) == LogToken()

    async def test_readers_do_not_disturb_one_another(self, log: EventLog) -> None:
        await log.append([new("k", "1"), new("k", "2")])
        async with (
            log.subscribe(["recipient-events"], "a", nothing_applied) as one,
            log.subscribe(["recipient-events"], "b", nothing_applied) as two,
        ):
            assert len(await drain(one, 2)) == len(await drain(two, 2)) == 2

    async def test_end_covers_every_append(self, log: EventLog) -> None:
        positions = await log.append([new(f"k{i}", str(i)) for i in range(20)])
        assert await log.end(["recipient-events"]) == LogToken.after(positions)
        assert await log.end(["decisions"]) == LogToken()

    async def test_tail_gives_the_latest_of_each_key_then_follows(self, log: EventLog) -> None:
        for value in (b"1", b"2", b"3"):
            await log.append([new(k, f"{k}{value!r}", value, "consents") for k in ("a", "b", "a")])
        end = await log.end(["consents"])
        async with log.tail(["consents"]) as tail:
            state: dict[str, bytes] = {}
            async with asyncio.timeout(10):
                while not tail.position.covers(end):
                    state |= {each.key: each.value for each in await tail.poll(1, 0.5)}
            assert state == {"a": b"3", "b": b"3"}
            await log.append([new("b", "gone", b"", "consents")])
            [record] = await drain(tail, 1)
            assert (record.key, record.value) == ("b", b"")

    async def test_tail_starts_where_it_is_told(self, log: EventLog) -> None:
        positions = await log.append([new("k", str(i)) for i in range(10)])
        async with log.tail(["recipient-events"], LogToken.after(positions[:7])) as tail:
            assert [record.event_id for record in await drain(tail, 3)] == list("789")

    async def test_tail_sees_each_topic_it_named(self, log: EventLog) -> None:
        await log.append([new("a", "1", topic="consents"), new("a", "2", topic="campaigns")])
        async with log.tail(["consents", "campaigns"]) as tail:
            assert {each.topic for each in await drain(tail, 2)} == {"consents", "campaigns"}

    async def test_refuses_topics_that_are_not_there(self, log: EventLog) -> None:
        with pytest.raises(Invalid, match="no topic 'nope'"):
            await log.append([new("k", "1", topic="nope")])
        with pytest.raises(Invalid):
            async with log.subscribe(["nope"], "g", nothing_applied):
                pass
        with pytest.raises(Invalid):
            async with log.tail(["nope"]):
                pass
        with pytest.raises(Invalid):
            await log.end(["nope"])

    async def test_appending_nothing_is_fine(self, log: EventLog) -> None:
        assert list(await log.append([])) == []
