"""Starts the simulator: `dramatis-simulator`, or `python -m dramatis.simulator`."""

import sys

from dramatis.runtime.clock import now
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.open_log import open_log
from dramatis.runtime.parts import Parts
from dramatis.runtime.service import run
from dramatis.simulator.adapters.forecast_records import ForecastRecords, LogPublisher
from dramatis.simulator.adapters.grpc_servicer import SimulatorServicer, add_to_server
from dramatis.simulator.adapters.log_follower import FOLLOWED, Follower
from dramatis.simulator.adapters.sqlite_store import FILE_NAME, GROUP, SqliteStore
from dramatis.simulator.adapters.torch_device import prepare
from dramatis.simulator.app import worker
from dramatis.simulator.app.world import World
from dramatis.simulator.metrics import Meter
from dramatis.simulator.settings import Settings


async def build(parts: Parts, settings: Settings) -> None:
    """Opens log and store, and serves."""
    device = prepare(settings.device, settings.threads)
    log = await parts.enter(open_log(settings))
    store = await parts.enter(SqliteStore.open(settings.state_dir / FILE_NAME))
    world = World(store, ForecastRecords(), LogPublisher(log), now, Meter(), device)
    follower = Consumer(log, FOLLOWED, GROUP, Follower(store), health=parts.condition("log"))
    parts.background("follower", follower.run)
    parts.background("worker", lambda: worker.run(world))
    parts.serve(add_to_server, SimulatorServicer(world, follower.wait_for))


def main() -> int:
    """Runs until asked to stop; returns the exit code."""
    return run(Settings, build)


if __name__ == "__main__":
    sys.exit(main())
