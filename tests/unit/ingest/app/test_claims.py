import asyncio

import pytest

from dramatis.ingest.app.claims import Claims


async def test_two_that_want_the_same_take_turns() -> None:
    claims, said = Claims(), []

    async def work(name: str, *things: str) -> None:
        async with claims.hold(things):
            said.append(f"{name} in")
            await asyncio.sleep(0.01)
            said.append(f"{name} out")

    await asyncio.gather(work("a", "x", "y"), work("b", "y", "z"))
    assert said == ["a in", "a out", "b in", "b out"]


async def test_others_do_not_wait() -> None:
    claims = Claims()
    async with claims.hold({"x"}), asyncio.timeout(1), claims.hold({"y"}):
        pass


async def test_what_failed_or_was_cancelled_is_free_again() -> None:
    claims = Claims()
    with pytest.raises(RuntimeError):
        async with claims.hold({"x"}):
            raise RuntimeError
    async with claims.hold({"x"}):
        waiting = asyncio.create_task(claims.hold({"x", "y"}).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(1), claims.hold({"x", "y"}):
        pass
