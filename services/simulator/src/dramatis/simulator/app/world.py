"""Everything that the use cases share."""

from dataclasses import dataclass, field

from dramatis.core.lease import Lease
from dramatis.simulator.app.board import Board
from dramatis.simulator.ports import Clock, Publisher, Records, Store, Witness


@dataclass(frozen=True)
class World:
    """The ports, and what the process knows of itself.

    Attributes:
        store: jobs, forecasts, personas, campaigns.
        records: results as they are published.
        publisher: the topic that they are published to.
        clock: the time.
        witness: is told what happens.
        device: where the engine computes.
        board: what is running.
        worker: name of this process among those that share the jobs.
    """

    store: Store
    records: Records
    publisher: Publisher
    clock: Clock
    witness: Witness
    device: str = "cpu"
    board: Board = field(default_factory=Board)
    worker: str = "worker"

    def lease(self) -> Lease:
        """What this process claims now."""
        return Lease.of(self.worker, self.clock())
