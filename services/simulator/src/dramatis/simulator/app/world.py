"""Everything that the use cases share."""

from dataclasses import dataclass, field

from dramatis.runtime.clock import Clock
from dramatis.simulator.app.board import Board
from dramatis.simulator.ports import Publisher, Records, Store


@dataclass(frozen=True)
class World:
    """The ports, and what the process knows of itself.

    Attributes:
        store: jobs, forecasts, personas, campaigns.
        records: results as they are published.
        publisher: the topic that they are published to.
        clock: the time.
        device: where the engine computes.
        board: what is running.
    """

    store: Store
    records: Records
    publisher: Publisher
    clock: Clock
    device: str = "cpu"
    board: Board = field(default_factory=Board)
