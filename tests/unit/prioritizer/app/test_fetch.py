"""Large snapshots come when they come; nothing waits for them."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dramatis.core.errors import Unavailable
from dramatis.core.snapshot import SnapshotReference
from dramatis.prioritizer.adapters.memory import MemoryShelf
from dramatis.prioritizer.adapters.records import nobody, to_change
from dramatis.prioritizer.app.fetch import Fetched, Fetching
from dramatis.prioritizer.ports import Batch, Change
from dramatis.wire.snapshots import from_snapshot, refer
from tests.unit.prioritizer.samples import snapshot


def whole(snapshot_id: str) -> Change:
    return change(from_snapshot(snapshot(snapshot_id=snapshot_id)))


def reference(snapshot_id: str) -> Change:
    one = snapshot(snapshot_id=snapshot_id)
    return change(refer(one, from_snapshot(one)))


def change(body: bytes) -> Change:
    found = to_change("snapshots", "acme", body, nobody)
    assert found is not None
    return found


class Persona:
    """Bodies by snapshot id; what it does not have is not to be had now."""

    def __init__(self) -> None:
        self.bodies: dict[str, Change] = {}
        self.asked: list[str] = []
        self.slow = asyncio.Event()
        self.slow.set()

    async def fetch(self, reference: SnapshotReference) -> Change:
        self.asked.append(reference.snapshot_id)
        await asyncio.sleep(0)
        await self.slow.wait()
        if reference.snapshot_id not in self.bodies:
            raise Unavailable("persona is down", reason="DOWN")
        return self.bodies[reference.snapshot_id]


class Here:
    """A feed that says what the test says, and all around it."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[Batch] = asyncio.Queue()
        self.persona = Persona()
        self.shelf = MemoryShelf()
        self.told: list[tuple[Fetched | None, int]] = []
        self.heard: asyncio.Queue[Batch] = asyncio.Queue()

    async def follow(self) -> AsyncIterator[Batch]:
        while True:
            yield await self.said.get()

    async def say(self, *changes: Change) -> None:
        await self.said.put(Batch(changes, current=True))

    async def hear(self) -> list[str]:
        """Ids of the snapshots in the next batch."""
        async with asyncio.timeout(5):
            batch = await self.heard.get()
        assert batch.current
        return [each.value.snapshot_id for each in batch.changes]  # type: ignore[union-attr]

    async def listen(self) -> None:
        fetching = Fetching(
            self,
            self.shelf,
            self.persona,
            lambda: itertools.repeat(0.001),
            lambda how, awaited, error: self.told.append((how, awaited)),
        )
        async for batch in fetching.follow():
            await self.heard.put(batch)


@asynccontextmanager
async def here() -> AsyncIterator[Here]:
    made = Here()
    listening = asyncio.create_task(made.listen())
    yield made
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_whole_ones_pass_and_what_is_referred_to_follows() -> None:
    async with here() as at:
        at.persona.bodies["s-2"] = whole("s-2")
        await at.say(whole("s-1"), reference("s-2"))
        assert await at.hear() == ["s-1"]
        assert await at.hear() == ["s-2"]
        assert at.told == [(None, 1), (Fetched.FETCHED, 0)]


async def test_while_persona_is_down_all_else_goes_on_and_then_it_comes() -> None:
    async with here() as at:
        await at.say(reference("s-1"))
        assert await at.hear() == []
        while (Fetched.FAILED, 1) not in at.told:
            await asyncio.sleep(0.001)
        await at.say()
        assert await at.hear() == []
        at.persona.bodies["s-1"] = whole("s-1")
        assert await at.hear() == ["s-1"]
        assert at.told[-1] == (Fetched.FETCHED, 0)


async def test_only_the_newest_is_fetched() -> None:
    async with here() as at:
        await at.say(reference("s-1"))
        assert await at.hear() == []
        while not at.persona.asked:
            await asyncio.sleep(0.001)
        at.persona.bodies["s-2"] = whole("s-2")
        await at.say(reference("s-2"))
        assert [await at.hear(), await at.hear()] == [[], ["s-2"]]
        at.persona.asked.clear()
        await at.say(reference("s-3"))
        await at.say(whole("s-4"))
        assert [await at.hear(), await at.hear()] == [[], ["s-4"]]
        at.persona.bodies["s-3"] = whole("s-3")
        await at.say()
        assert await at.hear() == []
        assert at.heard.empty()
        assert at.told[-1] == (None, 0)


async def test_a_fetch_is_not_given_up_for_a_newer_one() -> None:
    async with here() as at:
        at.persona.bodies |= {name: whole(name) for name in ("s-1", "s-2", "s-3")}
        at.persona.slow.clear()
        for name in ("s-1", "s-2", "s-3"):
            await at.say(reference(name))
            assert await at.hear() == []
        at.persona.slow.set()
        assert [await at.hear(), await at.hear()] == [["s-1"], ["s-3"]]
        assert at.persona.asked == ["s-1", "s-3"]
        assert at.told[-1] == (Fetched.FETCHED, 0)


async def test_what_is_on_disk_is_not_fetched() -> None:
    async with here() as at:
        await at.shelf.save(Batch([whole("s-1")], current=True))
        await at.say(reference("s-1"))
        assert await at.hear() == ["s-1"]
        assert at.persona.asked == []
        assert at.told == [(Fetched.KEPT, 0)]
