import asyncio
import gc
import weakref

import pytest

from dramatis.ingest.app.errands import Errands


async def test_the_work_goes_on_when_the_caller_leaves() -> None:
    done, go = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await go.wait()
        done.set()

    async with Errands() as errands:
        caller = asyncio.create_task(errands.finish(work()))
        await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert not done.is_set()
        go.set()
    assert done.is_set(), "closing waits for it"


async def test_a_result_and_an_error_reach_who_waits_for_them() -> None:
    async def fail() -> None:
        raise ValueError("no")

    async def give() -> int:
        return 7

    errands = Errands()
    assert await errands.finish(give()) == 7
    with pytest.raises(ValueError, match="no"):
        await errands.finish(fail())


async def test_an_error_that_nobody_waits_for_is_no_complaint_of_the_loop() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    go = asyncio.Event()

    async def fail() -> None:
        await go.wait()
        raise ValueError("no")

    async with Errands() as errands:
        caller = asyncio.create_task(errands.finish(fail()))
        await asyncio.sleep(0)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        go.set()
    await asyncio.sleep(0)
    assert not complaints


async def test_what_failed_is_gone_at_once() -> None:
    """Without any search for garbage: refused requests must not pile up."""

    class Request:
        pass

    async def refuse(request: Request) -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    gc.collect()
    gc.disable()
    try:
        async with Errands() as errands:
            request = Request()
            seen = weakref.ref(request)
            with pytest.raises(ValueError, match="no"):
                await errands.finish(refuse(request))
            del request
            await asyncio.sleep(0)
        assert seen() is None
    finally:
        gc.enable()
