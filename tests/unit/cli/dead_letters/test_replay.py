"""Dead letters in a log in memory: found, told apart, sent once more."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from dramatis.cli.dead_letters.letters import Filter, Letter, gather
from dramatis.cli.dead_letters.replay import replay
from dramatis.cli.service_log import read_to_end
from dramatis.core.errors import Invalid, Refused
from dramatis.runtime import topics
from dramatis.runtime.dead_letters import letter
from dramatis.runtime.envelope import reasons, seal
from dramatis.runtime.event_log import EventLog, NewRecord, Record
from dramatis.runtime.memory_log import MemoryLog

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EVENTS, DEAD = topics.RECIPIENT_EVENTS.name, topics.DEAD_LETTERS.name


def event(number: int) -> NewRecord:
    return seal(
        EVENTS, f"acme/r{number}", f"e{number}", b"bytes", type_name="x.Y", source="test", time=NOW
    )


def set_aside(number: int, tenant: str = "acme") -> NewRecord:
    """An event that admission did not let in: it has no place."""
    why = reasons(Invalid("early", reason="EARLY"), "ingest", EVENTS, f"{tenant}/r", f"q{number}")
    return NewRecord(DEAD, EVENTS, f"ingest:{tenant}/q{number}", b"event", why)


async def refused_by_persona(log: EventLog, count: int) -> None:
    """Events in their topic, and the letters that a reader made of them."""
    await log.append([event(number) for number in range(count)])
    async for batch, _ in read_to_end(log, {EVENTS}):
        await log.append([letter(each, Refused("no", reason="NO"), "persona") for each in batch])


async def letters(log: EventLog) -> list[Letter]:
    return gather([record async for batch, _ in read_to_end(log, {DEAD}) for record in batch])


async def everything(log: EventLog, topic: str) -> list[Record]:
    return [record async for batch, _ in read_to_end(log, {topic}) for record in batch]


async def nobody(tenant: str, request_id: str, values: Sequence[bytes]) -> Sequence[str]:
    raise AssertionError("nothing was set aside")


async def test_a_letter_goes_back_as_it_was_and_only_once() -> None:
    log = MemoryLog()
    await refused_by_persona(log, 3)
    waiting = await letters(log)
    assert [each.header("reason") for each in waiting] == ["NO"] * 3
    assert await replay(waiting, log, nobody) == {"": 3}
    found = await everything(log, EVENTS)
    assert len(found) == 6
    for number in range(3):
        twins = [each for each in found if each.event_id == f"e{number}"]
        assert (
            len({(each.key, each.value, str(sorted(each.headers.items()))) for each in twins}) == 1
        )
        assert len(twins) == 2
    assert [each.replayed for each in await letters(log)] == [True] * 3


async def test_a_letter_that_was_written_twice_is_one() -> None:
    log = MemoryLog()
    await refused_by_persona(log, 1)
    [found] = await everything(log, EVENTS)
    await log.append([letter(found, Refused("no", reason="NO"), "persona")])
    assert len(await letters(log)) == 1


async def test_what_was_set_aside_knocks_again() -> None:
    log = MemoryLog()
    await log.append([set_aside(1), set_aside(2), set_aside(3, "beta")])
    asked: list[tuple[str, int]] = []

    async def knock(tenant: str, request_id: str, values: Sequence[bytes]) -> Sequence[str]:
        asked.append((tenant, len(values)))
        return ["", "STILL_EARLY"] if tenant == "acme" else [""]

    assert await replay(await letters(log), log, knock) == {"": 2, "STILL_EARLY": 1}
    assert asked == [("acme", 2), ("beta", 1)]
    assert await everything(log, EVENTS) == []
    assert sorted(each.replayed for each in await letters(log)) == [False, True, True]


async def test_a_mark_is_about_whom_the_letter_is_about() -> None:
    """So that a sealed log seals it with the same key, and nobody's id lies in it openly."""
    mark = Letter(
        Record(DEAD, 0, 1, NOW, EVENTS, "ingest:acme/q1", b"", set_aside(1).headers)
    ).mark()
    assert mark.headers["dramatis_topic"] == EVENTS
    assert mark.headers["dramatis_key"] == "acme/r"


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter(), 3),
        (Filter(reason="NO"), 2),
        (Filter(reason="EARLY", tenant="acme"), 1),
        (Filter(group="persona"), 2),
        (Filter(topic="decisions"), 0),
        (Filter(id="ingest:acme/q1"), 1),
        (Filter(tenant="beta"), 0),
        (Filter(since=datetime.now(UTC) + timedelta(hours=1)), 0),
        (Filter(until=datetime.now(UTC) + timedelta(hours=1)), 3),
    ],
)
async def test_filters(wanted: Filter, count: int) -> None:
    log = MemoryLog()
    await refused_by_persona(log, 2)
    await log.append([set_aside(1)])
    assert sum(wanted.fits(each) for each in await letters(log)) == count
