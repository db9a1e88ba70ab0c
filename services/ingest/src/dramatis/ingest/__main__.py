"""Starts ingest: `dramatis-ingest`, or `python -m dramatis.ingest`."""

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import structlog

from dramatis.ingest.adapters import disk, ip_ranges, policy_file
from dramatis.ingest.adapters.database_store import MIGRATIONS, DatabaseStore
from dramatis.ingest.adapters.edge import application, spool
from dramatis.ingest.adapters.feeds import catalogue, switchboard
from dramatis.ingest.adapters.feeds.database import DatabaseCursors
from dramatis.ingest.adapters.feeds.signal_message import encode
from dramatis.ingest.adapters.feeds.vader import Vader
from dramatis.ingest.adapters.grpc_items import read_event
from dramatis.ingest.adapters.grpc_servicer import IngestServicer, add_to_server
from dramatis.ingest.adapters.log_follower import Follower
from dramatis.ingest.adapters.pseudonymous_store import PseudonymousStore
from dramatis.ingest.adapters.third_party import event as third_party_event
from dramatis.ingest.adapters.third_party import party_file
from dramatis.ingest.adapters.third_party.database import DatabaseLedger
from dramatis.ingest.adapters.third_party.desk import keep_sweeping, start
from dramatis.ingest.adapters.third_party.party_file import Described
from dramatis.ingest.app.feeds import Desk, forget_old
from dramatis.ingest.app.intake import Intake
from dramatis.ingest.app.third_party import Bureau
from dramatis.ingest.app.tidy import tidy
from dramatis.ingest.app.world import World
from dramatis.ingest.settings import Settings
from dramatis.runtime import http, old_records, topics
from dramatis.runtime.clock import now
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.database import open_database
from dramatis.runtime.keyring.follow import follow
from dramatis.runtime.keyring.opening import open_keyring
from dramatis.runtime.open_log import open_log
from dramatis.runtime.parts import Parts
from dramatis.runtime.scrub import scrubbing
from dramatis.runtime.sealed_log import SealedLog
from dramatis.runtime.service import run
from dramatis.wire import consents

_logger = structlog.get_logger("dramatis.ingest")


async def build(parts: Parts, settings: Settings) -> None:
    """Opens log and store, and serves."""
    keyring = await parts.enter(open_keyring(settings))
    sealed = await parts.enter(open_log(settings))
    await old_records.seal(sealed, keyring)
    log = SealedLog(sealed, keyring)
    policies = policy_file.read(settings.policy)
    home = settings.database(settings.service)
    database = await parts.enter(open_database(home, MIGRATIONS))
    inner = DatabaseStore(database, await parts.enter(scrubbing(home)))
    await inner.sort_in()
    old_erasures = await inner.name_all(keyring.names)
    store = PseudonymousStore(inner, keyring, old_erasures=old_erasures)
    world = World(
        log,
        store,
        now,
        consents.from_recipient,
        read_event,
        keyring.names.pseudonym,
        limits=settings.limits,
        policies=policies,
        locate=ip_ranges.read(settings.ip_ranges),
        intake=Intake(
            policies,
            settings.room,
            spare=disk.spare(settings.state_dir, settings.min_free_bytes),
        ),
    )
    await parts.enter(world.errands)
    handler = Follower(world)
    follower = Consumer(
        SealedLog(sealed, keyring, handler.knows),
        {topics.RECIPIENT_EVENTS.name},
        "ingest",
        handler,
        health=parts.condition("log"),
    )
    parts.background("follower", follower.run)
    parts.background("erasures", lambda: follow(keyring, store.drop))
    answer_days, signal_days = timedelta(settings.answer_days), timedelta(settings.signal_days)
    audit_days = timedelta(settings.audit_days)
    parts.background("tidying", lambda: tidy(world, answer_days, signal_days, audit_days))
    parts.serve(add_to_server, IngestServicer(world))
    await _open_edge(parts, settings, world)
    desk = Desk(world, DatabaseCursors(database), Vader(), encode)
    bureau = Bureau(DatabaseLedger(database, keyring), third_party_event.encode)
    read = party_file.read(Path(settings.connectors), os.environ) if settings.connectors else []
    if settings.connectors:
        await _connect(parts, settings, desk, bureau, read)
    covered = {each.party.name: each.party.consents for each in read}
    pause = timedelta(seconds=settings.third_party_sweep_seconds)
    parts.background("third parties", lambda: keep_sweeping(desk, bureau, covered, pause))


async def _open_edge(parts: Parts, settings: Settings, world: World) -> None:
    """Serves HTTP beside gRPC, until both have drained."""
    edge = settings.edge
    waiting = await parts.enter(spool.running(world))
    app = application.build(edge, world, waiting, lambda: parts.health.ready)
    options = application.server_options(edge)
    serving = http.serve(settings.edge_address, app, stop_seconds=settings.drain_seconds, **options)
    _logger.info("edge started", edge_port=await parts.enter(serving))


async def _connect(
    parts: Parts, settings: Settings, desk: Desk, bureau: Bureau, parties: Sequence[Described]
) -> None:
    """Starts the connectors that the file describes."""
    described = catalogue.read(Path(settings.connectors), os.environ)
    outside = await parts.enter(switchboard.reach(settings.connector_user_agent, now))
    lease = timedelta(seconds=settings.connector_lease_seconds)
    switchboard.start(parts, desk, outside, described, lease)
    start(parts, desk, bureau, outside.web, parties, lease)
    remembered = timedelta(days=settings.connector_memory_days)
    parts.background("connector tidying", lambda: forget_old(desk, remembered))


def main() -> int:
    """Runs until asked to stop; returns the exit code."""
    return run(Settings, build)


if __name__ == "__main__":
    sys.exit(main())
