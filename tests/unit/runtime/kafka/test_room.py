import asyncio

import pytest

from dramatis.runtime.kafka.room import Room


async def test_what_does_not_fit_waits_its_turn() -> None:
    room, order = Room(10), list[str]()

    async def take(name: str, size: int) -> None:
        await room.take(size)
        order.append(name)

    await take("first", 8)
    waiting = [asyncio.create_task(take("large", 6)), asyncio.create_task(take("small", 1))]
    await asyncio.sleep(0)
    assert order == ["first"]  # the small one does not overtake
    room.give(8)
    await asyncio.gather(*waiting)
    assert order == ["first", "large", "small"]


async def test_what_is_larger_than_the_room_takes_all_of_it() -> None:
    room = Room(10)
    assert await room.take(50) == 10
    room.give(10)
    assert await room.take(10) == 10


async def test_who_gives_up_leaves_room_for_the_next() -> None:
    room = Room(10)
    await room.take(10)
    impatient = asyncio.create_task(room.take(10))
    patient = asyncio.create_task(room.take(5))
    await asyncio.sleep(0)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    room.give(10)
    assert await patient == 5
    assert await room.take(5) == 5


async def test_who_gives_up_at_the_moment_of_his_turn_loses_nothing() -> None:
    room = Room(10)
    await room.take(10)
    late = asyncio.create_task(room.take(10))
    await asyncio.sleep(0)
    room.give(10)
    late.cancel()
    with pytest.raises(asyncio.CancelledError):
        await late
    assert await room.take(10) == 10
