"""What lies in the log names nobody, opens only where it belongs, and dies with its key."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dramatis.core.errors import Invalid, Unavailable
from dramatis.runtime import dead_letters, topics
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.envelope import reasons
from dramatis.runtime.envelope import seal as stamp
from dramatis.runtime.event_log import EventLog, NewRecord, Record
from dramatis.runtime.keyring.memory_vault import MemoryVault
from dramatis.runtime.keyring.names import Names, Who
from dramatis.runtime.keyring.ring import Keyring
from dramatis.runtime.keyring.vault import Found
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.memory_log import MemoryLog
from dramatis.runtime.sealed_log import SealedLog
from dramatis.runtime.sealed_record import SEALED

NOW = datetime(2026, 11, 1, tzinfo=UTC)
NAMES = Names(bytes(32))
EVENTS, CONSENTS, LETTERS = "recipient-events", "consents", "dead-letters"


def event(
    recipient: str = "ann",
    event_id: str = "e-ann-1",
    value: bytes = b"likes ann",
    topic: str = EVENTS,
) -> NewRecord:
    extra = {"dramatis_note": f"of {recipient}"}
    return stamp(topic, f"acme/{recipient}", event_id, value, type_name="t", source="s", time=NOW, extra=extra)  # fmt: skip


class Bench:
    """A sealed log, and the log beneath it."""

    def __init__(self, inner: MemoryLog | None = None) -> None:
        self.inner = inner or MemoryLog()
        self.vault = MemoryVault()
        self.keyring = Keyring(NAMES, self.vault)
        self.log = SealedLog(self.inner, self.keyring)

    async def erase(self, recipient: str) -> None:
        await self.keyring.erase("acme", recipient, NOW)

    def later(self) -> EventLog:
        """Another process on the same log and vault."""
        return SealedLog(self.inner, Keyring(NAMES, self.vault))


async def read(log: EventLog, topic: str = EVENTS) -> Sequence[Record]:
    end = await log.end([topic])
    found: list[Record] = []
    async with log.tail([topic]) as tail:
        while not tail.position.covers(end):
            found += await tail.poll(100, 0)
    return found


def content(record: NewRecord | Record) -> tuple[str, str, bytes, Mapping[str, str]]:
    return record.key, record.event_id, record.value, record.headers


TEXT = st.text(max_size=20)


@given(TEXT, TEXT, st.binary(max_size=50), st.dictionaries(TEXT, TEXT, max_size=3))
async def test_comes_back_as_it_was(
    recipient: str, event_id: str, value: bytes, headers: Mapping[str, str]
) -> None:
    bench = Bench()
    record = NewRecord(EVENTS, f"acme/{recipient}", event_id, value, headers)
    await bench.log.append([record])
    [back] = await read(bench.later())
    assert content(back) == content(record)


@pytest.mark.parametrize("topic", sorted(topics.PERSONAL))
async def test_nothing_in_the_log_names_anybody(topic: str) -> None:
    bench = Bench()
    await bench.log.append([event(topic=topic)])
    [lies] = await read(bench.inner, topic)
    assert b"ann" not in repr(lies).encode()
    assert lies.key == f"acme/{NAMES.pseudonym('acme', 'ann')}"
    assert lies.headers["ce_id"] == lies.event_id == NAMES.event("acme", "e-ann-1")
    assert lies.headers["ce_type"] == "t"
    assert lies.headers["ce_time"] == NOW.isoformat()


async def test_topics_about_nobody_stay_as_they_are() -> None:
    bench = Bench()
    record = NewRecord("campaigns", "acme/c1", "e", b"v", {"a": "b"})
    await bench.log.append([record])
    [lies] = await read(bench.inner, "campaigns")
    assert content(lies) == content(record)
    [back] = await read(bench.log, "campaigns")
    assert content(back) == content(record)


async def test_the_erased_are_dropped_and_the_position_moves() -> None:
    bench = Bench()
    await bench.log.append([event("ann"), event("ben"), event("ann", "e-ann-2")])
    await bench.erase("ann")
    for log in (bench.log, bench.later()):
        assert [each.key for each in await read(log)] == ["acme/ben"]
    await bench.log.append([event("ann", "late")])
    assert [each.key for each in await read(bench.later())] == ["acme/ben"]


async def test_what_comes_after_an_erasure_holds_nothing() -> None:
    bench = Bench()
    await bench.erase("ann")
    await bench.log.append([event("ann")])
    [lies] = await read(bench.inner)
    assert lies.value == b""


async def test_in_a_compacted_topic_the_erased_read_as_their_tombstone() -> None:
    bench = Bench()
    await bench.log.append([event("ann", topic=CONSENTS)])
    await bench.erase("ann")
    gone = f"acme/~{NAMES.pseudonym('acme', 'ann')}"
    assert [(each.key, each.value) for each in await read(bench.later(), CONSENTS)] == [(gone, b"")]
    await bench.log.append([event("ann", "erased", b"", CONSENTS)])
    await bench.log.append([event("ann", "a late one", topic=CONSENTS)])
    found = await read(bench.later(), CONSENTS)
    assert {(each.key, each.value) for each in found} == {(gone, b"")}
    assert {each.value for each in await read(bench.inner, CONSENTS)} == {b""}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: replace(record, value=record.value[:-1] + bytes([record.value[-1] ^ 1])),
        lambda record: replace(record, value=b"\x02" + record.value[1:]),
        lambda record: replace(record, value=record.value[:9]),
        lambda record: replace(record, event_id="another"),
        lambda record: replace(record, key=f"acme/{NAMES.pseudonym('acme', 'ben')}"),
    ],
    ids=["a flipped bit", "an unknown format", "cut short", "another event", "another recipient"],
)
async def test_what_was_tampered_with_has_a_fault(spoil: object) -> None:
    bench = Bench()
    await bench.log.append([event("ann"), event("ben")])
    [lies, _] = sorted(
        await read(bench.inner), key=lambda each: each.key.endswith(NAMES.pseudonym("acme", "ben"))
    )
    moved = spoil(lies)  # type: ignore[operator]
    await bench.inner.append(
        [NewRecord(EVENTS, moved.key, moved.event_id, moved.value, moved.headers)]
    )
    *_, broken = sorted(await read(bench.log), key=lambda each: each.fault is not None)
    assert isinstance(broken.fault, Invalid)
    assert broken.fault.reason == "SEAL_BROKEN"
    assert b"ann" not in repr(broken).encode()


async def test_a_sealed_value_does_not_open_in_another_topic() -> None:
    bench = Bench()
    await bench.log.append([event("ann")])
    [lies] = await read(bench.inner)
    await bench.inner.append(
        [NewRecord("decisions", lies.key, lies.event_id, lies.value, lies.headers)]
    )
    [moved] = await read(bench.log, "decisions")
    assert moved.fault


async def test_a_lost_key_is_said_and_becomes_a_dead_letter_that_can_be_replayed() -> None:
    bench = Bench()
    await bench.log.append([event("ann")])
    vault, bench.vault = bench.vault, MemoryVault()
    [lost] = await read(bench.later())
    assert lost.fault
    assert lost.fault.reason == "KEY_MISSING"
    letter = dead_letters.letter(lost, lost.fault, "g")
    await bench.later().append([letter])
    [shown] = await read(bench.later(), LETTERS)
    assert (shown.value, shown.headers["dramatis_reason"]) == (lost.value, "KEY_MISSING")
    bench.vault = vault  # the key is found again
    headers = {name: text for name, text in shown.headers.items() if name in lost.headers}
    await bench.later().append(
        [NewRecord(EVENTS, shown.headers["dramatis_key"], shown.headers["dramatis_event_id"], shown.value, headers)]
    )  # fmt: skip
    assert [content(each) for each in await read(bench.later())] == [content(event("ann"))] * 2


async def test_dead_letters_are_sealed_for_whom_they_are_about() -> None:
    bench = Bench()
    await bench.log.append([event("ann")])
    [record] = await read(bench.log)
    error = Invalid("ann's age is no number", reason="BAD", field="ann")
    letter = dead_letters.letter(record, error, "persona")
    await bench.log.append([letter])
    [lies] = await read(bench.inner, LETTERS)
    assert b"ann" not in repr(lies).encode()
    assert lies.headers["dramatis_reason"] == "BAD"
    assert lies.headers["dramatis_offset"] == "0"
    [back] = await read(bench.later(), LETTERS)
    assert content(back) == content(letter)
    await bench.erase("ann")
    assert not await read(bench.later(), LETTERS)


async def test_a_quarantined_event_is_sealed_too() -> None:
    bench = Bench()
    headers = {"ce_id": "q:ann", **reasons(Invalid("soon"), "ingest", EVENTS, "acme/ann", "e-ann")}
    letter = NewRecord(LETTERS, EVENTS, "ingest:acme/e-ann", b"ann", headers)
    await bench.log.append([letter])
    assert b"ann" not in repr(await read(bench.inner, LETTERS)).encode()
    [back] = await read(bench.log, LETTERS)
    assert content(back) == content(letter)


async def test_letters_about_nobody_stay_as_they_are() -> None:
    bench = Bench()
    letter = NewRecord(
        LETTERS, "campaigns", "p", b"v", reasons(Invalid("no"), "g", "campaigns", "acme/c", "e")
    )
    await bench.log.append([letter])
    [lies] = await read(bench.inner, LETTERS)
    assert content(lies) == content(letter)


async def test_records_from_before_sealing_are_read_and_erased() -> None:
    bench = Bench()
    await bench.inner.append([event("ann"), event("ben")])
    assert sorted(each.key for each in await read(bench.log)) == ["acme/ann", "acme/ben"]
    await bench.erase("ann")
    assert [each.key for each in await read(bench.log)] == ["acme/ben"]


class Slow(MemoryVault):
    """A vault that can be away, or take its time."""

    away, pause = False, 0.0

    async def find(self, wanted: "Sequence[Who]") -> Found:  # type: ignore[override]
        if self.away:
            raise Unavailable("the database is away")
        await asyncio.sleep(self.pause)
        return await super().find(wanted)


async def test_a_poll_that_fails_or_is_cancelled_loses_nothing() -> None:
    bench = Bench()
    bench.vault = Slow()
    await bench.later().append([event("ann"), event("ben")])
    async with bench.later().tail([EVENTS]) as tail:
        bench.vault.away = True
        with pytest.raises(Unavailable):
            await tail.poll(10, 0)
        assert tail.position == LogToken()
        bench.vault.away, bench.vault.pause = False, 5.0
        waiting = asyncio.ensure_future(tail.poll(10, 0))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        bench.vault.pause = 0.0
        assert len(await tail.poll(10, 0)) == 2
        assert tail.position == await bench.inner.end([EVENTS])


class Collector:
    """A handler that keeps what it is given."""

    def __init__(self) -> None:
        self.items: list[str] = []

    async def applied(self) -> LogToken:
        return LogToken()

    def decode(self, record: Record) -> str:
        return record.event_id

    async def apply(self, items: Sequence[str], position: LogToken) -> None:
        self.items += items


async def test_the_consumer_buries_what_cannot_be_opened_and_goes_on() -> None:
    bench = Bench()
    await bench.log.append([event("ann")])
    [lies] = await read(bench.inner)
    await bench.inner.append(
        [NewRecord(EVENTS, lies.key, lies.event_id, lies.value[:-1] + b"!", lies.headers)]
    )
    handler = Collector()
    consumer = Consumer(bench.log, {EVENTS}, "g", handler)
    running = asyncio.create_task(consumer.run())
    await consumer.wait_for(await bench.log.end([EVENTS]), 5)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert handler.items == ["e-ann-1"]
    [letter] = await read(bench.log, LETTERS)
    assert letter.headers["dramatis_reason"] == "SEAL_BROKEN"


async def test_what_its_reader_knows_is_not_opened() -> None:
    bench = Bench()
    known, strange = await bench.log.append([event(), event("bob", "e-bob-1", b"likes bob")])

    async def is_known(records: Sequence[Record]) -> Sequence[bool]:
        place = (known.partition, known.offset)
        return [(each.partition, each.offset) == place for each in records]

    leaving = SealedLog(bench.inner, bench.keyring, is_known)
    found = {(each.partition, each.offset): each for each in await read(leaving)}
    assert SEALED in found[known.partition, known.offset].headers
    opened = found[strange.partition, strange.offset]
    assert (opened.event_id, opened.value) == ("e-bob-1", b"likes bob")
