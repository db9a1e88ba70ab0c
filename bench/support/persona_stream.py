"""A log full of events, a real persona that takes them in, and bare upserts of the same rows."""

import asyncio
import itertools
import sqlite3
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import numpy as np
import psutil

from bench.support import ingest_events, processes
from dramatis.api.common.v1 import event_pb2
from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.persona.adapters import features_json
from dramatis.persona.domain.features.declared import VERSION
from dramatis.persona.domain.features.state import FeatureState, fold
from dramatis.persona.settings import Settings
from dramatis.runtime import envelope, topics
from dramatis.runtime.event_log import NewRecord
from dramatis.runtime.keyring.opening import open_keyring
from dramatis.runtime.open_log import open_log
from dramatis.runtime.sealed_log import SealedLog
from dramatis.runtime.settings import read
from dramatis.wire.events import to_happening

TENANT: Final = "bench"
WINDOW: Final = 500
BATCH: Final = 4000
"""Records that persona takes in together, and rows of a bare transaction."""
Row = tuple[str, str, str, float, str]

_CATEGORIES: Final = 300
_COUNTED: Final = 'dramatis_persona_events_total{outcome="fresh"}'
_MAKE: Final = (
    "CREATE TABLE bare_features (tenant TEXT, pseudonym TEXT, version TEXT, last_time"
    " DOUBLE PRECISION, held TEXT, PRIMARY KEY (tenant, pseudonym))"
)
_UPSERT: Final = (
    "INSERT INTO bare_features VALUES ({}) ON CONFLICT (tenant, pseudonym) DO UPDATE SET"
    " version = excluded.version, last_time = excluded.last_time, held = excluded.held"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking in a log cost.

    Attributes:
        rate: events per second.
        rate_per_core: events per CPU second of the process, its start aside.
    """

    rate: float
    rate_per_core: float


def events(count: int, seed: int) -> Iterator[NewRecord]:
    """Yields events of all common kinds with hours, devices, sessions and categories."""
    rng = np.random.default_rng(seed)
    windows = ingest_events.windows("e", WINDOW, rng)
    for row, event in enumerate(itertools.islice(_unpacked(windows), count)):
        event.context.local_hour = row % 24
        if event.WhichOneof("payload") == "site":
            event.site.category = f"category-{row % _CATEGORIES}"
        elif event.WhichOneof("payload") == "order":
            event.order.categories.append(f"category-{row % _CATEGORIES}")
        yield envelope.seal(
            topics.RECIPIENT_EVENTS.name,
            f"{TENANT}/{event.recipient_id}",
            event.event_id,
            event.SerializeToString(),
            type_name="dramatis.api.common.v1.Event",
            source="dramatis/ingest",
            time=event.event_time.ToDatetime(),
        )


def _unpacked(windows: Iterator[bytes]) -> Iterator[event_pb2.Event]:
    for window in windows:
        yield from ingest_pb2.StreamEventsRequest.FromString(window).events


async def fill(environ: Mapping[str, str], records: Sequence[NewRecord]) -> None:
    """Appends the records to the log that a persona in this environment reads."""
    settings = read(Settings, {"DRAMATIS_ANONYMOUS_TENANT": TENANT, **environ})
    async with open_keyring(settings) as keyring, open_log(settings) as log:
        for at in range(0, len(records), BATCH):
            await SealedLog(log, keyring).append(records[at : at + BATCH])


def take_in(environ: Mapping[str, str], count: int, start_seconds: float) -> Taken:
    """Starts persona and waits until it has taken in so many events.

    Args:
        environ: where log and store are.
        count: events in the log.
        start_seconds: CPU seconds of a start that are not counted.
    """
    with persona(environ) as (pid, http):
        begun = time.perf_counter()
        while counted(http) < count:
            time.sleep(0.05)
        seconds = time.perf_counter() - begun
        used = cpu_seconds(pid)
    return Taken(count / seconds, count / (used - start_seconds))


def start_seconds() -> float:
    """CPU seconds of a start with nothing to take in."""
    with tempfile.TemporaryDirectory() as state, persona({"DRAMATIS_STATE_DIR": state}) as found:
        return cpu_seconds(found[0])


@contextmanager
def persona(environ: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """A persona process that serves: its id and its HTTP address."""
    port, http = processes.free_port(), f"127.0.0.1:{processes.free_port()}"
    settings = {
        "DRAMATIS_ANONYMOUS_TENANT": TENANT,
        "DRAMATIS_PERSONA_GRPC_ADDRESS": f"127.0.0.1:{port}",
        "DRAMATIS_PERSONA_HTTP_ADDRESS": http,
        "DRAMATIS_PERSONA_DRAIN_WAIT_SECONDS": "0",
        **environ,
    }
    with processes.python(["-m", "dramatis.persona"], settings) as running:
        processes.until_listening(http)
        yield running.pid, http


def counted(http: str) -> int:
    """Events that a persona has taken in since it started."""
    with urllib.request.urlopen(f"http://{http}/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    return round(sum(float(line.split()[1]) for line in lines if line.startswith(_COUNTED)))


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, user and system."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def rows(records: Sequence[NewRecord]) -> list[list[Row]]:
    """The rows that the features of each batch make: one per recipient, as they are then."""
    held: dict[str, FeatureState] = {}
    batches = []
    for at in range(0, len(records), BATCH):
        changed = {}
        for record in records[at : at + BATCH]:
            each = to_happening(TENANT, record.value)
            if each.act is not None:
                acts = [(each.act, each.time.timestamp())]
                state = fold(held.get(each.recipient_id), acts)
                held[each.recipient_id] = changed[each.recipient_id] = state
        batches.append(
            [
                (TENANT, who, VERSION, state.last_time, features_json.dump(state))
                for who, state in changed.items()
            ]
        )
    return batches


def to_sqlite(folder: Path, batches: Sequence[Sequence[Row]]) -> float:
    """Seconds of upserting each batch in a durable transaction of its own."""
    connection = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(_MAKE)
    statement = _UPSERT.format("?, ?, ?, ?, ?")
    begun = time.perf_counter()
    for batch in batches:
        connection.execute("BEGIN")
        connection.executemany(statement, batch)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - begun
    connection.close()
    return seconds


def to_postgres(dsn: str, batches: Sequence[Sequence[Row]]) -> float:
    """Seconds of upserting each batch in a transaction of its own."""
    return asyncio.run(_to_postgres(dsn, batches))


async def _to_postgres(dsn: str, batches: Sequence[Sequence[Row]]) -> float:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"DROP TABLE IF EXISTS bare_features; {_MAKE}")
    statement = _UPSERT.format("$1, $2, $3, $4, $5")
    begun = time.perf_counter()
    for batch in batches:
        async with connection.transaction():
            await connection.executemany(statement, batch)
    seconds = time.perf_counter() - begun
    await connection.execute("DROP TABLE bare_features")
    await connection.close()
    return seconds
