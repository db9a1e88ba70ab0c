"""Starts ingest: `dramatis-ingest`, or `python -m dramatis.ingest`."""

import sys
from datetime import timedelta

import structlog

from dramatis.ingest.adapters import ip_ranges, policy_file
from dramatis.ingest.adapters.database_store import DatabaseStore
from dramatis.ingest.adapters.edge import application, spool
from dramatis.ingest.adapters.grpc_items import read_event
from dramatis.ingest.adapters.grpc_servicer import IngestServicer, add_to_server
from dramatis.ingest.adapters.log_follower import Follower
from dramatis.ingest.app.intake import Intake
from dramatis.ingest.app.tidy import tidy
from dramatis.ingest.app.world import World
from dramatis.ingest.settings import Settings
from dramatis.runtime import http, topics
from dramatis.runtime.clock import now
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.keyring import key_file
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.open_log import open_log
from dramatis.runtime.parts import Parts
from dramatis.runtime.service import run
from dramatis.wire import consents

_logger = structlog.get_logger("dramatis.ingest")


async def build(parts: Parts, settings: Settings) -> None:
    """Opens log and store, and serves."""
    log = await parts.enter(open_log(settings))
    store = await parts.enter(DatabaseStore.open(settings.database(settings.service)))
    policies = policy_file.read(settings.policy)
    names = Names(key_file.load_or_make(settings.state_dir)[0])
    world = World(
        log,
        store,
        now,
        consents.from_recipient,
        read_event,
        names.pseudonym,
        limits=settings.limits,
        policies=policies,
        locate=ip_ranges.read(settings.ip_ranges),
        intake=Intake(policies, settings.room),
    )
    await parts.enter(world.errands)
    follower = Consumer(
        log,
        {topics.RECIPIENT_EVENTS.name},
        "ingest",
        Follower(world),
        health=parts.condition("log"),
    )
    parts.background("follower", follower.run)
    answer_days, signal_days = timedelta(settings.answer_days), timedelta(settings.signal_days)
    audit_days = timedelta(settings.audit_days)
    parts.background("tidying", lambda: tidy(world, answer_days, signal_days, audit_days))
    parts.serve(add_to_server, IngestServicer(world))
    await _open_edge(parts, settings, world)


async def _open_edge(parts: Parts, settings: Settings, world: World) -> None:
    """Serves HTTP beside gRPC, until both have drained."""
    edge = settings.edge
    waiting = await parts.enter(spool.running(world))
    app = application.build(edge, world, waiting, lambda: parts.health.ready)
    options = application.server_options(edge)
    serving = http.serve(settings.edge_address, app, stop_seconds=settings.drain_seconds, **options)
    _logger.info("edge started", edge_port=await parts.enter(serving))


def main() -> int:
    """Runs until asked to stop; returns the exit code."""
    return run(Settings, build)


if __name__ == "__main__":
    sys.exit(main())
