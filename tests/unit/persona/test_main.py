import asyncio

from threadpoolctl import threadpool_info, threadpool_limits

from dramatis.persona.__main__ import limit_threads


def counts() -> set[int]:
    return {library["num_threads"] for library in threadpool_info()}


def test_work_on_other_threads_is_limited_too() -> None:
    async def limited() -> set[int]:
        limit_threads(3)
        return counts() | await asyncio.to_thread(counts)

    with threadpool_limits():
        assert asyncio.run(limited()) == {3}
