"""The life of connectors, each against a server that goes and comes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from dramatis.api.common.v1 import signal_pb2
from dramatis.core.errors import Unavailable
from dramatis.ingest.adapters.feeds.jetstream import Jetstream
from dramatis.ingest.adapters.feeds.memory import MemoryCursors
from dramatis.ingest.adapters.feeds.rss import Rss
from dramatis.ingest.adapters.feeds.rss_reader import Reader
from dramatis.ingest.adapters.feeds.runner import Runner
from dramatis.ingest.adapters.feeds.web import Web
from dramatis.ingest.app.feeds import Desk
from dramatis.ingest.domain.feeds.connector import Connector, Name
from dramatis.ingest.domain.feeds.item import Batch
from dramatis.ingest.domain.feeds.topics import Words
from dramatis.ingest.domain.feeds.world_signal import SignalKind
from dramatis.ingest.ports import Progress
from dramatis.runtime import topics
from dramatis.runtime.clock import now
from tests.integration.ingest.feeds.servers import Feed, JetstreamServer, commit, rss, web
from tests.unit.ingest.fakes import records

SECOND = timedelta(seconds=1)
ALL = Words({"jobs": ()})


def connector(name: str) -> Connector:
    return Connector(Name("acme", name), "bluesky", SignalKind.SOCIAL, ALL, once=False)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return replace(desk, world=replace(desk.world, clock=now))


async def told(desk: Desk) -> Counter[str]:
    """How often each signal is in the log."""
    found = await records(desk.world, topics.WORLD_SIGNALS.name)
    return Counter(each.event_id for each in found)


async def until(holds: Callable[[], Any], seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(runner: Runner) -> AsyncIterator[None]:
    task = asyncio.create_task(runner.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def jetstream(address: str) -> Jetstream:
    return Jetstream(address, "test", silence_seconds=5.0, connect_seconds=1.0)


def made(desk: Desk, address: str, name: str = "posts", holder: str = "me") -> Runner:
    return Runner(
        desk, connector(name), jetstream(address), holder, lease=SECOND, first_seconds=0.05
    )


async def test_stopped_and_started_anywhere_it_loses_and_doubles_nothing(desk: Desk) -> None:
    start = int(now().timestamp() * 1e6)
    server = JetstreamServer()
    await desk.cursors.lease(Name("acme", "posts"), "me", now(), now() + SECOND)
    await desk.cursors.save(Progress(Name("acme", "posts"), "me", str(start)))
    async with server.serving() as address:
        for part in range(10):
            server.say(
                *(commit(start + part * 100 + n, f"r{part}-{n}", f"x{n}") for n in range(100))
            )
            async with running(made(desk, address)):
                await asyncio.sleep(0.04 * part)  # anywhere
        async with running(made(desk, address)):
            await until(lambda: enough(desk, 1000))
    assert set((await told(desk)).values()) == {1}


async def enough(desk: Desk, number: int) -> bool:
    return len(await told(desk)) >= number


async def test_a_server_that_was_down_for_a_while(desk: Desk) -> None:
    start = int(now().timestamp() * 1e6)
    server = JetstreamServer()
    async with server.serving() as address:
        pass  # down
    runner = made(desk, address)
    async with running(runner):
        await asyncio.sleep(0.3)
        async with server.serving():
            await until(lambda: asyncio.sleep(0, bool(server.cursors)))
            server.say(commit(start + 1, "r1", "first"))
            await until(lambda: enough(desk, 1))
        server.say(commit(start + 2, "r2", "second"))  # while it is down again
        await asyncio.sleep(0.3)
        async with server.serving():
            await until(lambda: enough(desk, 2))
    assert sorted((await told(desk)).values()) == [1, 1]
    assert REGISTRY.get_sample_value(
        "dramatis_ingest_connector_errors_total", {"connector": "posts", "reason": "unreachable"}
    )


async def test_a_deleted_post_is_withdrawn(desk: Desk) -> None:
    start = int(now().timestamp() * 1e6)
    server = JetstreamServer()
    async with server.serving() as address, running(made(desk, address)):
        await until(lambda: asyncio.sleep(0, bool(server.cursors)))
        server.say(commit(start + 1, "r1", "first"))
        await until(lambda: enough(desk, 1))
        server.say(commit(start + 2, "r1"))
        await until(lambda: enough(desk, 2))
    first, last = [
        signal_pb2.Signal.FromString(each.value)
        for each in await records(desk.world, topics.WORLD_SIGNALS.name)
    ]
    assert last.withdraws_signal_id == first.signal_id


async def test_one_of_two_processes_runs_it_and_the_other_takes_over(desk: Desk) -> None:
    start = int(now().timestamp() * 1e6)
    server = JetstreamServer()
    async with server.serving() as address:
        async with running(made(desk, address, holder="a")):
            await until(lambda: asyncio.sleep(0, len(server.cursors) == 1))
            async with running(made(desk, address, holder="b")):
                await asyncio.sleep(1.5)  # longer than a lease
                assert len(server.cursors) == 1
        async with running(made(desk, address, holder="b")):
            server.say(commit(start + 1, "r1", "first"))
            await until(lambda: asyncio.sleep(0, len(server.cursors) == 2))
            server.say(commit(start + 2, "r2", "second"))
            await until(lambda: enough(desk, 1))


async def test_who_is_overtaken_stops(desk: Desk) -> None:
    start = int(now().timestamp() * 1e6)
    server = JetstreamServer()
    name = Name("acme", "posts")
    async with server.serving() as address, running(made(desk, address, holder="a")):
        await until(lambda: asyncio.sleep(0, len(server.cursors) == 1))
        assert isinstance(desk.cursors, MemoryCursors)
        await desk.cursors.release(name, "a")
        assert await desk.cursors.lease(name, "b", now(), now() + timedelta(hours=1))
        server.say(commit(start + 1, "r1", "first"))
        await asyncio.sleep(1.0)
        assert await desk.cursors.cursor(name) == ""
        assert len(server.cursors) == 1


class Faulty:
    """A source with a bug that quotes what it read."""

    def __init__(self) -> None:
        self.asked = 0

    async def batches(self, cursor: str) -> AsyncIterator[Batch]:
        self.asked += 1
        yield Batch((), cursor)
        raise KeyError("canary-handle")


async def test_one_that_fails_leaves_the_others_alone(
    desk: Desk, web_access: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[Any, ...]] = []

    class Logger:
        def warning(self, event: str, **more: Any) -> None:
            said.append((event, more))

    monkeypatch.setattr("dramatis.ingest.adapters.feeds.runner._logger", Logger())
    feed = Feed(rss([("1", "One story")]))
    faulty = Faulty()
    async with web(feed.app()) as address:
        source = Rss(web_access, Reader(), f"{address}/feed", timedelta(seconds=0.05), now)
        good = replace(connector("good"), max_age=timedelta(days=36_500))
        bad = Runner(desk, connector("bad"), faulty, "me", first_seconds=0.01)  # type: ignore[arg-type]
        async with running(bad), running(Runner(desk, good, source, "me")):
            await until(lambda: enough(desk, 1))
            await until(lambda: asyncio.sleep(0, faulty.asked > 2))
    assert "KeyError at batches" in str(said)
    assert "canary" not in str(said)


async def test_a_store_that_is_away_is_waited_for(desk: Desk) -> None:
    class Away(MemoryCursors):
        away = True

        async def lease(self, *arguments: Any) -> bool:
            if self.away:
                raise Unavailable("the store is away")
            return await super().lease(*arguments)

    cursors = Away()
    server = JetstreamServer()
    lease = timedelta(seconds=0.1)
    async with server.serving() as address:
        runner = Runner(
            replace(desk, cursors=cursors), connector("p"), jetstream(address), "me", lease=lease
        )
        async with running(runner):
            await asyncio.sleep(0.3)
            assert server.cursors == []
            cursors.away = False
            await until(lambda: asyncio.sleep(0, len(server.cursors) == 1))
            cursors.away = True  # longer than the lease: it may be another's by now
            await until(lambda: held("p", 0))
            cursors.away = False
            await until(lambda: asyncio.sleep(0, len(server.cursors) == 2))


async def held(name: str, value: float) -> bool:
    found = REGISTRY.get_sample_value("dramatis_ingest_connector_held", {"connector": name})
    return found == value
