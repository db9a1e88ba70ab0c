"""Starts the optimizer: `dramatis-optimizer`, or `python -m dramatis.optimizer`."""

import sys
import uuid
from datetime import timedelta

from dramatis.optimizer.adapters.database_knowledge import FOLLOWED, GROUP
from dramatis.optimizer.adapters.database_store import DatabaseStore
from dramatis.optimizer.adapters.grpc_servicer import OptimizerServicer, World, add_to_server
from dramatis.optimizer.adapters.log_plans import LogPlans
from dramatis.optimizer.adapters.relay import relay
from dramatis.optimizer.adapters.worker import Worker
from dramatis.optimizer.app.board import Board
from dramatis.optimizer.app.promote import Publisher
from dramatis.optimizer.settings import Settings
from dramatis.runtime.clock import now
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.open_log import open_log
from dramatis.runtime.parts import Parts
from dramatis.runtime.service import run
from dramatis.runtime.tidying import tidy


async def build(parts: Parts, settings: Settings) -> None:
    """Opens log and store, works and serves."""
    log = await parts.enter(open_log(settings))
    store = await parts.enter(DatabaseStore.open(settings.database(settings.service)))
    board = Board()
    publisher = Publisher(store.plans, LogPlans(log), board)
    consumer = Consumer(log, FOLLOWED, GROUP, store.knowledge, health=parts.condition("log"))
    worker = Worker(
        store.jobs,
        board,
        now,
        name=uuid.uuid4().hex,
        threads=settings.torch_threads,
        healthy=parts.condition("store"),
    )
    parts.background("consumer", consumer.run)
    parts.background("worker", worker.run)
    parts.background("relay", lambda: relay(publisher, board))
    requests = (store.forget_requests, timedelta(days=settings.answer_days))
    results = (store.jobs.forget, timedelta(days=settings.job_days))
    parts.background("tidying", lambda: tidy(now, requests, results))
    world = World(store.knowledge, store.jobs, store.plans, publisher, board, now, consumer)
    parts.serve(add_to_server, OptimizerServicer(world))


def main() -> int:
    """Runs until asked to stop; returns the exit code."""
    return run(Settings, build)


if __name__ == "__main__":
    sys.exit(main())
