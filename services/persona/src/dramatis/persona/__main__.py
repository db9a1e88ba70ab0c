"""Starts persona: `dramatis-persona`, or `python -m dramatis.persona`."""

import asyncio
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import cache, partial

import structlog
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from dramatis.core.errors import Retryable
from dramatis.persona import metrics
from dramatis.persona.adapters import base_file, network_file, outlook_file
from dramatis.persona.adapters.database_personas import GROUP, DatabasePersonas
from dramatis.persona.adapters.grpc_servicer import PersonaServicer, add_to_server
from dramatis.persona.adapters.log_handler import TOPICS, LogHandler
from dramatis.persona.adapters.log_publisher import LogPublisher
from dramatis.persona.app.board import Board
from dramatis.persona.app.forget import forget
from dramatis.persona.app.networks import Networks
from dramatis.persona.app.refresh import Refresher
from dramatis.persona.app.world import BaseOf, OutlookOf, World
from dramatis.persona.domain.signals import HOUR_SECONDS
from dramatis.persona.ports import Erased, Store
from dramatis.persona.settings import Settings
from dramatis.runtime import topics
from dramatis.runtime.clock import now
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.keyring.follow import follow
from dramatis.runtime.keyring.opening import open_keyring
from dramatis.runtime.keyring.vault import Erasure
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.open_log import open_log
from dramatis.runtime.parts import Parts
from dramatis.runtime.sealed_log import SealedLog
from dramatis.runtime.service import run
from dramatis.runtime.tidying import Forget, tidy

FOREVER_SECONDS = 1e9
COUNT_SECONDS = 60.0
_logger = structlog.get_logger(__name__)


def limit_threads(threads: int) -> None:
    """Holds the numerical libraries to so many threads, on this thread and on those for work.

    OpenMP takes the limit of the thread that calls: each worker has to be told.
    """
    threadpool_limits(threads)
    workers = ThreadPoolExecutor(initializer=threadpool_limits, initargs=(threads,))
    asyncio.get_running_loop().set_default_executor(workers)


def chores(store: Store, settings: Settings) -> Sequence[tuple[Forget, timedelta]]:
    """What is forgotten, and at which age."""
    return [
        (store.forget_events, timedelta(days=settings.seen_days)),
        (store.forget_answers, timedelta(days=settings.answer_days)),
        (store.forget_ended, timedelta()),
        (store.forget_signals, timedelta(days=settings.signal_days)),
    ]


async def count(store: Store) -> None:
    """Keeps the gauge of those who may not be profiled up to date."""
    while True:
        with suppress(Retryable):
            metrics.UNPROFILED_RECIPIENTS.set(await store.unprofiled())
        await asyncio.sleep(COUNT_SECONDS)


def laid_down(settings: Settings) -> tuple[BaseOf, OutlookOf]:
    """The base personas and the rules for world signals of each tenant; faults are told now."""
    base: BaseOf = cache(partial(base_file.find, settings.base_personas))
    outlook: OutlookOf = cache(partial(outlook_file.find, settings.world_signals))
    for tenant in sorted(settings.tenants):
        base(tenant)
        outlook(tenant)
    return base, outlook


async def build(parts: Parts, settings: Settings) -> None:
    """Opens log and store, follows the log, and serves."""
    limit_threads(settings.threads)
    rules_of = network_file.read(settings.network)
    store_holds, campaigns_hold = parts.condition("store"), parts.condition("campaigns")
    keyring = await parts.enter(open_keyring(settings))
    names = keyring.names
    log = SealedLog(await parts.enter(open_log(settings)), keyring)
    store = await parts.enter(DatabasePersonas.open(settings.database(settings.service), names))

    def tell(tenant: str, error: Exception | None) -> None:
        store_holds(not isinstance(error, Retryable))
        if isinstance(error, Retryable):
            _logger.warning("snapshot delayed", tenant=tenant, reason=error.reason)
        elif error is not None:
            _logger.error("a bug keeps the snapshot back", tenant=tenant, exc_info=error)

    async def wait(token: str, timeout_seconds: float) -> None:
        await consumer.wait_for(LogToken.decode(token), timeout_seconds)

    async def follow_campaigns() -> None:
        end = await log.end([topics.CAMPAIGNS.name])
        await consumer.wait_for(end, FOREVER_SECONDS)
        campaigns_hold(True)

    async def drop(entries: Sequence[Erasure]) -> None:
        erased = [Erased(each.tenant, each.pseudonym) for each in entries]
        await forget(world, erased, names.pseudonym)

    base, outlook = laid_down(settings)

    async def age_signals() -> None:
        """They count less every hour."""
        while True:
            await asyncio.sleep(HOUR_SECONDS)
            refresher.note({each for each in settings.tenants if outlook(each)})

    world = World(
        store=store,
        publisher=LogPublisher(log, settings.snapshot_bytes),
        clock=now,
        board=Board(),
        wait=wait,
        by_features=settings.form_by_features,
        habits=settings.habits,
        base=base,
        outlook=outlook,
    )
    refresher = Refresher(world, settings.publish_seconds, tell)
    handler = LogHandler(store, now, refresher.note)
    consumer = Consumer(
        log,
        TOPICS,
        GROUP,
        handler,
        health=parts.condition("log"),
        max_records=settings.batch_records,
    )
    refresher.note(settings.tenants | await store.tenants())
    networks = Networks(world, rules_of)
    parts.serve(add_to_server, PersonaServicer(world, networks, settings.wait_seconds))
    parts.background("consumer", consumer.run)
    parts.background("refresher", refresher.run)
    parts.background("campaigns", follow_campaigns)
    parts.background("signals", age_signals)
    parts.background("erasures", lambda: follow(keyring, drop))
    parts.background("count", lambda: count(store))
    parts.background("tidying", lambda: tidy(now, *chores(store, settings)))


def main() -> int:
    """Runs until asked to stop; returns the exit code."""
    return run(Settings, build)


if __name__ == "__main__":
    sys.exit(main())
