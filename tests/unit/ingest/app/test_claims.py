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


class Order:
    """Says in which order calls come in and go out."""

    def __init__(self) -> None:
        self.claims = Claims()
        self.said: list[str] = []
        self.go = asyncio.Event()

    async def work(self, name: str, alone: str = "", shared: str = "") -> None:
        async with self.claims.hold(set(alone), set(shared)):
            self.said.append(name)
            await self.go.wait()


async def started(*calls: asyncio.Task[None]) -> None:
    """Until all that can have begun have done so."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_readers_share_and_wait_for_a_writer_before_them() -> None:
    order = Order()
    tasks = [
        asyncio.create_task(order.work("read 1", shared="x")),
        asyncio.create_task(order.work("read 2", shared="x")),
        asyncio.create_task(order.work("write", alone="x")),
        asyncio.create_task(order.work("read 3", shared="x")),
    ]
    await started(*tasks)
    assert order.said == ["read 1", "read 2"]
    order.go.set()
    async with asyncio.timeout(1):
        await asyncio.gather(*tasks)
    assert order.said == ["read 1", "read 2", "write", "read 3"]


async def test_turns_come_in_the_order_of_the_calls_thing_by_thing() -> None:
    """The last wants only what is free sooner than all that the one before it wants."""
    order = Order()
    tasks = [
        asyncio.create_task(order.work("a", alone="x")),
        asyncio.create_task(order.work("b", alone="xy")),
        asyncio.create_task(order.work("c", alone="y")),
    ]
    await started(*tasks)
    assert order.said == ["a"]
    order.go.set()
    await asyncio.gather(*tasks)
    assert order.said == ["a", "b", "c"]


async def test_who_gives_up_lets_nobody_pass_who_is_still_in() -> None:
    order = Order()
    first = asyncio.create_task(order.work("first", alone="x"))
    gives_up = asyncio.create_task(order.work("gives up", alone="x"))
    last = asyncio.create_task(order.work("last", alone="x"))
    await started(first, gives_up, last)
    gives_up.cancel()
    await started(last)
    assert order.said == ["first"]
    order.go.set()
    async with asyncio.timeout(1):
        await asyncio.gather(first, last)
    assert order.said == ["first", "last"]


async def test_nothing_is_remembered_of_what_is_free() -> None:
    claims = Claims()
    async with claims.hold({"x", "y"}, {"z"}):
        assert claims.held == 3
    assert claims.held == 0
