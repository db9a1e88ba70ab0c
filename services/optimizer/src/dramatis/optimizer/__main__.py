"""Starts the optimizer: `dramatis-optimizer`, or `python -m dramatis.optimizer`."""

import sys

from dramatis.optimizer.adapters.grpc_servicer import OptimizerServicer, World, add_to_server
from dramatis.optimizer.adapters.log_plans import LogPlans
from dramatis.optimizer.adapters.relay import relay
from dramatis.optimizer.adapters.sqlite_knowledge import FOLLOWED, GROUP
from dramatis.optimizer.adapters.sqlite_store import FILE_NAME, SqliteStore
from dramatis.optimizer.adapters.worker import Worker
from dramatis.optimizer.app.board import Board
from dramatis.optimizer.app.promote import Publisher
from dramatis.optimizer.settings import Settings
from dramatis.runtime.clock import now
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.open_log import open_log
from dramatis.runtime.parts import Parts
from dramatis.runtime.service import run


async def build(parts: Parts, settings: Settings) -> None:
    """Opens log and store, works and serves."""
    log = await parts.enter(open_log(settings))
    store = await parts.enter(SqliteStore.open(settings.state_dir / FILE_NAME))
    board = Board()
    publisher = Publisher(store.plans, LogPlans(log), board)
    consumer = Consumer(log, FOLLOWED, GROUP, store.knowledge, health=parts.condition("log"))
    worker = Worker(
        store.jobs,
        board,
        now,
        threads=settings.torch_threads,
        healthy=parts.condition("store"),
    )
    parts.background("consumer", consumer.run)
    parts.background("worker", worker.run)
    parts.background("relay", lambda: relay(publisher, board))
    world = World(store.knowledge, store.jobs, store.plans, publisher, board, now, consumer)
    parts.serve(add_to_server, OptimizerServicer(world))


def main() -> int:
    """Runs until asked to stop; returns the exit code."""
    return run(Settings, build)


if __name__ == "__main__":
    sys.exit(main())
