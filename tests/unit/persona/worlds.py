"""A persona service in memory, without sockets, and events to tell it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from dramatis.core.campaign import Stage
from dramatis.core.happening import Changed, Exposed, Happening, Meaning, Responded
from dramatis.core.request import Request
from dramatis.persona.adapters.log_publisher import LogPublisher
from dramatis.persona.adapters.memory_personas import MemoryPersonas
from dramatis.persona.app.board import Board
from dramatis.persona.app.recluster import Wish
from dramatis.persona.app.world import World
from dramatis.persona.ports import Item
from dramatis.runtime.event_log import Record
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.memory_log import MemoryLog
from tests.unit.persona.domain.people import planted

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Here:
    """The parts of a world."""

    def __init__(self) -> None:
        self.log = MemoryLog(clock=lambda: NOW)
        self.store = MemoryPersonas()
        self.world = World(
            self.store, LogPublisher(self.log, 1_000_000), lambda: NOW, Board(), self._wait
        )

    async def _wait(self, token: str, timeout_seconds: float) -> None:
        """Everything that these tests tell is known at once."""

    async def tell(self, items: Sequence[Item]) -> None:
        await self.store.apply(items, LogToken(), NOW)

    async def records(self, topic: str) -> Sequence[Record]:
        async with self.log.tail([topic]) as tail:
            return await tail.poll(100, 0.0)


def story(recipients: int = 300) -> list[Happening]:
    """What `planted` recipients did, one recipient after the other."""
    population, _ = planted(recipients)
    told: list[tuple[int, Meaning]] = [
        (at, Changed(attributes)) for at, attributes in enumerate(population.attributes)
    ]
    for at, campaign, stages, amount in zip(
        population.recipient, population.campaign, population.stages, population.amount, strict=True
    ):
        campaign_id = population.campaign_ids[campaign]
        told.append((int(at), Exposed(campaign_id)))
        told += [
            (int(at), Responded(stage, campaign_id, amount * (stage is Stage.CONVERT)))
            for stage in (Stage.VISIT, Stage.CONVERT)
            if stages >> stage & 1
        ]
    told.sort(key=lambda each: each[0])
    return [
        Happening("acme", f"e{n}", population.recipient_ids[at], NOW, meaning)
        for n, (at, meaning) in enumerate(told)
    ]


def wish(request_id: str = "q1", seed: int = 0, count: int = 4, digest: bytes = b"d") -> Wish:
    return Wish(Request("acme", "Recluster", request_id, digest), "", seed, count, 1.0)
