import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from dramatis.core.errors import Unavailable
from dramatis.runtime.tidying import tidy

NOW = datetime(2026, 5, 1, tzinfo=UTC)


async def test_each_chore_goes_on_until_nothing_is_left() -> None:
    portions, asked, done = [3, 3, 1, 0], [], asyncio.Event()

    async def events(before: datetime) -> int:
        asked.append(before)
        return portions.pop(0)

    async def answers(before: datetime) -> int:
        asked.append(before)
        done.set()
        return 0

    chores = (events, timedelta(days=2)), (answers, timedelta(days=7))
    working = asyncio.create_task(tidy(lambda: NOW, *chores))
    async with asyncio.timeout(5):
        await done.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert asked == [NOW - timedelta(days=2)] * 4 + [NOW - timedelta(days=7)]


async def test_one_that_cannot_now_does_not_keep_the_others_from_it() -> None:
    done = asyncio.Event()

    async def broken(before: datetime) -> int:
        raise Unavailable("the database is down")

    async def answers(before: datetime) -> int:
        done.set()
        return 0

    chores = (broken, timedelta(days=2)), (answers, timedelta(days=7))
    working = asyncio.create_task(tidy(lambda: NOW, *chores))
    async with asyncio.timeout(5):
        await done.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
