"""kill -9 of persona at random instants while it takes in a log: the state is the undisturbed one."""

import asyncio
import hashlib
import signal
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dramatis.api.common.v1 import event_pb2
from dramatis.persona.adapters import features_json
from dramatis.persona.adapters.database_personas import GROUP, DatabasePersonas
from dramatis.persona.adapters.log_handler import TOPICS, LogHandler
from dramatis.persona.settings import Settings
from dramatis.runtime import topics
from dramatis.runtime.clock import now
from dramatis.runtime.consumer import Consumer
from dramatis.runtime.event_log import EventLog, NewRecord
from dramatis.runtime.home import SqliteHome
from dramatis.runtime.keyring.opening import open_keyring
from dramatis.runtime.keyring.ring import Keyring
from dramatis.runtime.open_log import open_log
from dramatis.runtime.sealed_log import SealedLog
from dramatis.runtime.settings import read
from tests.chaos.processes import KEY, Service
from tests.contract.persona_store_suite import told
from tests.servers.homes import home_of

EVENTS, RECIPIENTS, BATCH, KILLS = 4_000, 150, 100, 2
FRESH = 'dramatis_persona_events_total{outcome="fresh"}'
MESSAGES = (
    event_pb2.MESSAGE_EVENT_KIND_SENT,
    event_pb2.MESSAGE_EVENT_KIND_OPENED,
    event_pb2.MESSAGE_EVENT_KIND_CLICKED,
)


def event(row: int, rng: np.random.Generator) -> event_pb2.Event:
    """Any of several kinds, of any recipient, now and then late."""
    made = event_pb2.Event(event_id=f"e{row}", recipient_id=f"r{rng.integers(RECIPIENTS)}")
    made.event_time.FromSeconds(1_767_225_600 + 600 * row - int(rng.integers(100_000)))
    made.attribution.campaign_id = f"c{rng.integers(12)}"
    made.context.local_hour = int(rng.integers(24))
    if (kind := int(rng.integers(5))) < len(MESSAGES):
        made.message.kind = MESSAGES[kind]
    elif kind == len(MESSAGES):
        made.site.kind = event_pb2.SITE_EVENT_KIND_PRODUCT_VIEWED
        made.site.category = f"category {rng.integers(40)}"
    else:
        made.order.kind = event_pb2.ORDER_EVENT_KIND_COMPLETED
        made.order.amount.micros = int(rng.integers(10**8))
    return made


async def fill(log: EventLog, rng: np.random.Generator) -> None:
    """Every twentieth event is there twice."""
    for at in range(0, EVENTS, 1_000):
        made = [event(row, rng) for row in range(at, at + 1_000)]
        await log.append(
            [
                NewRecord(
                    topics.RECIPIENT_EVENTS.name,
                    f"acme/{each.recipient_id}",
                    each.event_id,
                    each.SerializeToString(),
                )
                for each in (*made, *made[::20])
            ]
        )


def counted(service: Service) -> int:
    """Events that this process has taken in."""
    address = f"http://127.0.0.1:{service.ports['http_port']}/metrics"
    with urllib.request.urlopen(address, timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return round(sum(float(each.split()[1]) for each in lines if each.startswith(FRESH)))


def kill_after(service: Service, events: int) -> int:
    """Kills it once it has taken in so many; returns how many they were then."""
    deadline = time.monotonic() + 120
    while (taken := counted(service)) < events:
        assert time.monotonic() < deadline, taken
    service.process.send_signal(signal.SIGKILL)
    service.process.wait()
    return taken


async def digest(store: DatabasePersonas) -> str:
    """Of all that is known of recipients."""
    features = {
        each: features_json.dump(state) for each, state in (await store.features("acme")).items()
    }
    assert len(features) == RECIPIENTS
    state = (sorted(features.items()), told(await store.population("acme", now())))
    return hashlib.sha256(repr(state).encode()).hexdigest()


async def undisturbed(log: EventLog, keyring: Keyring, folder: Path) -> str:
    """The digest of a store that has taken the log in at one go."""
    async with DatabasePersonas.open(SqliteHome(folder / "calm.sqlite3"), keyring.names) as store:
        handler = LogHandler(store, now, lambda tenants, urgent: None)
        async with log.tail(TOPICS) as records:
            end = await log.end(TOPICS)
            while not records.position.covers(end):
                polled = await records.poll(5_000, 1.0)
                await handler.apply([handler.decode(each) for each in polled], records.position)
        return await digest(store)


async def test_the_state_is_that_of_an_undisturbed_run(
    tmp_path: Path, stores: Mapping[str, str]
) -> None:
    rng, state = np.random.default_rng(5), tmp_path / "state"
    environ = {**stores, "DRAMATIS_PERSONA_BATCH_RECORDS": str(BATCH)}
    settings = read(
        Settings,
        {**environ, "DRAMATIS_STATE_DIR": str(state), "DRAMATIS_API_KEYS": f"acme:{KEY}"},
    )
    async with open_keyring(settings) as keyring, open_log(settings) as inner:
        log = SealedLog(inner, keyring)
        await fill(log, rng)
        killed = []
        for _ in range(KILLS):
            with Service("persona", state, environ) as service:
                killed.append(kill_after(service, int(rng.integers(1, EVENTS // 10))))
        home = home_of("persona", state, dict(stores))
        async with DatabasePersonas.open(home, keyring.names) as store:
            half = await store.applied()
            assert not half.covers(await log.end(TOPICS)), killed
            handler = LogHandler(store, now, lambda tenants, urgent: None)
            consumer = Consumer(log, TOPICS, GROUP, handler)
            going_on = asyncio.create_task(consumer.run())
            await consumer.wait_for(await log.end(TOPICS), 120)
            going_on.cancel()
            assert await digest(store) == await undisturbed(log, keyring, tmp_path)
