import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from dramatis.core.errors import Invalid, Unavailable
from dramatis.ingest.app.windows import Order, in_order


async def numbers(most: int) -> AsyncGenerator[int, None]:
    for number in range(most):
        yield number


async def gather(windows: AsyncGenerator[int, None], work: object, answered: list[int]) -> None:
    async for each in in_order(windows, work):  # type: ignore[arg-type]
        answered.append(each)


async def results(windows: AsyncGenerator[int, None], work: object, at_once: int = 4) -> list[int]:
    return [each async for each in in_order(windows, work, at_once)]  # type: ignore[arg-type]


async def test_several_are_in_work_and_answered_in_order() -> None:
    working: set[int] = set()
    most: list[int] = []

    async def work(number: int, order: Order) -> int:
        working.add(number)
        most.append(len(working))
        await asyncio.sleep(0.001 * (5 - number % 5))
        async with order.turn():
            pass
        working.discard(number)
        return number

    assert await results(numbers(12), work, at_once=3) == list(range(12))
    assert max(most) == 3


async def test_windows_are_written_in_order() -> None:
    written: list[int] = []

    async def work(number: int, order: Order) -> int:
        await asyncio.sleep(0.001 * (4 - number % 4))
        async with order.turn():
            written.append(number)
        return number

    await results(numbers(8), work)
    assert written == list(range(8))


async def test_after_one_that_fails_no_later_one_is_written() -> None:
    written: list[int] = []
    answered: list[int] = []

    async def work(number: int, order: Order) -> int:
        async with order.turn():
            if number == 2:
                raise Invalid("no")
            written.append(number)
        return number

    with pytest.raises(Invalid):
        await gather(numbers(6), work, answered)
    assert answered == written == [0, 1]


async def test_what_was_read_is_answered_before_reading_fails() -> None:
    async def broken() -> AsyncGenerator[int, None]:
        yield 0
        yield 1
        raise Unavailable("stopping")

    async def work(number: int, order: Order) -> int:
        async with order.turn():
            await asyncio.sleep(0.001)
        return number

    answered: list[int] = []
    with pytest.raises(Unavailable, match="stopping"):
        await gather(broken(), work, answered)
    assert answered == [0, 1]


async def test_who_leaves_stops_the_reading() -> None:
    read: list[int] = []

    async def endless() -> AsyncGenerator[int, None]:
        try:
            while True:
                read.append(len(read))
                yield read[-1]
        finally:
            read.append(-1)

    async def work(number: int, order: Order) -> int:
        async with order.turn():
            return number

    answers: AsyncGenerator[int, None] = in_order(endless(), work)
    first: Sequence[int] = [await anext(answers)]
    await answers.aclose()
    assert first == [0]
    assert read[-1] == -1
