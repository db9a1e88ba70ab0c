"""Starts the simulator: `dramatis-simulator`, or `python -m dramatis.simulator`."""

import sys
import uuid
from datetime import timedelta

from dramatis.runtime.clock import now
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.open_log import open_log
from dramatis.runtime.parts import Parts
from dramatis.runtime.service import run
from dramatis.runtime.tidying import tidy
from dramatis.simulator.adapters.database_store import GROUP, DatabaseStore
from dramatis.simulator.adapters.forecast_records import ForecastRecords, LogPublisher
from dramatis.simulator.adapters.grpc_servicer import SimulatorServicer, add_to_server
from dramatis.simulator.adapters.log_follower import FOLLOWED, Follower
from dramatis.simulator.adapters.torch_device import prepare
from dramatis.simulator.app import worker
from dramatis.simulator.app.world import World
from dramatis.simulator.metrics import Meter
from dramatis.simulator.settings import Settings


async def build(parts: Parts, settings: Settings) -> None:
    """Opens log and store, and serves."""
    device = prepare(settings.device, settings.threads)
    log = await parts.enter(open_log(settings))
    store = await parts.enter(DatabaseStore.open(settings.database(settings.service)))
    publisher, name = LogPublisher(log), uuid.uuid4().hex
    world = World(store, ForecastRecords(), publisher, now, Meter(), device, worker=name)
    follower = Consumer(log, FOLLOWED, GROUP, Follower(store), health=parts.condition("log"))
    parts.background("follower", follower.run)
    parts.background("worker", lambda: worker.run(world))
    answers = (store.forget_answers, timedelta(days=settings.answer_days))
    results = (store.forget_jobs, timedelta(days=settings.job_days))
    parts.background("tidying", lambda: tidy(now, answers, results))
    parts.serve(add_to_server, SimulatorServicer(world, follower.wait_for))


def main() -> int:
    """Runs until asked to stop; returns the exit code."""
    return run(Settings, build)


if __name__ == "__main__":
    sys.exit(main())
