import asyncio

from dramatis.ingest.app.noted import Noted
from dramatis.runtime.event_log import Position


def places(*offsets: int) -> list[Position]:
    return [Position("recipient-events", 0, each) for each in offsets]


def test_a_place_is_taken_once() -> None:
    noted = Noted()
    noted.add(places(1, 2))
    assert noted.take(0, 1)
    assert not noted.take(0, 1)
    assert not noted.take(1, 2)
    assert noted.take(0, 2)


def test_the_oldest_are_forgotten() -> None:
    noted = Noted(bound=2)
    noted.add(places(1, 2, 3))
    assert [noted.take(0, each) for each in (1, 2, 3)] == [False, True, True]


async def test_settled_waits_for_what_is_being_written() -> None:
    noted = Noted()
    await noted.settled()
    with noted.writing():
        waiting = asyncio.create_task(noted.settled())
        await asyncio.sleep(0)
        assert not waiting.done()
        noted.add(places(1))
    with noted.writing():  # what begins later is not waited for
        await waiting
    assert noted.take(0, 1)


async def test_what_failed_is_not_waited_for() -> None:
    noted = Noted()
    try:
        with noted.writing():
            raise ValueError
    except ValueError:
        pass
    await noted.settled()
