"""Ingest as the process that it is, with connectors, killed again and again."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dramatis.api.common.v1 import signal_pb2
from dramatis.runtime import sqlite_log, topics
from dramatis.runtime.clock import now
from dramatis.runtime.event_log import Record
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sqlite_log import SqliteLog
from tests.integration.ingest.feeds.servers import Feed, JetstreamServer, account, commit, rss, web

HANDLE = "did:plc:canary4711"
LIVES = 3
POSTS = 40
STORIES = 50
FILE = """
connectors:
  - name: posts
    tenant: acme
    kind: bluesky
    address: "{jetstream}"
    near_duplicates: each
    topics: {{jobs: [layoffs]}}
  - name: news
    tenant: acme
    kind: rss
    address: "{feed}/feed"
    interval_seconds: 1
    max_age_days: 36500
    topics: {{jobs: [layoffs]}}
"""


class Ingest:
    """One process with connectors."""

    def __init__(self, state: Path, connectors: Path) -> None:
        inherited = {each: value for each, value in os.environ.items() if "DRAMATIS" not in each}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dramatis.ingest"],
            env={
                **inherited,
                "DRAMATIS_STATE_DIR": str(state),
                "DRAMATIS_ANONYMOUS_TENANT": "acme",
                "DRAMATIS_INGEST_GRPC_ADDRESS": "127.0.0.1:0",
                "DRAMATIS_INGEST_HTTP_ADDRESS": "127.0.0.1:0",
                "DRAMATIS_INGEST_EDGE_ADDRESS": "127.0.0.1:0",
                "DRAMATIS_INGEST_DRAIN_WAIT_SECONDS": "0",
                "DRAMATIS_INGEST_CONNECTORS": str(connectors),
                "DRAMATIS_INGEST_CONNECTOR_LEASE_SECONDS": "1",
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def http_port(self) -> int:
        """Waits until it has started; where its metrics are."""
        assert self.process.stderr
        lines = []
        for line in self.process.stderr:
            lines.append(line)
            if '"event": "started"' in line:
                return int(json.loads(line)["http_port"])
        raise AssertionError("did not start: " + "".join(lines))

    def kill(self) -> str:
        """Ends it at once; the rest of what it said."""
        self.process.kill()
        return str(self.process.communicate(timeout=20)[1])


@contextmanager
def running(state: Path, connectors: Path) -> Iterator[Ingest]:
    ingest = Ingest(state, connectors)
    try:
        yield ingest
    finally:
        if ingest.process.returncode is None:
            ingest.kill()


async def signals(state: Path) -> list[Record]:
    """All that is in the log about the world."""

    async def start() -> LogToken:
        return LogToken()

    async with (
        SqliteLog.open(state / sqlite_log.FILE_NAME) as log,
        log.subscribe({topics.WORLD_SIGNALS.name}, "test", start) as subscription,
    ):
        return list(await subscription.poll(100_000, 0.1))


async def until_there_are(number: int, state: Path) -> None:
    async with asyncio.timeout(60):
        while len({each.event_id for each in await signals(state)}) < number:
            await asyncio.sleep(0.2)


def scrape(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def metric(page: str, name: str, connector: str) -> float:
    start = f'dramatis_ingest_connector_{name}{{connector="{connector}"}} '
    return next(float(each[len(start) :]) for each in page.splitlines() if each.startswith(start))


@pytest.fixture
async def jetstream() -> AsyncIterator[tuple[JetstreamServer, str]]:
    server = JetstreamServer()
    async with server.serving() as address:
        yield server, address


@pytest.mark.slow
async def test_killed_again_and_again_it_loses_and_doubles_nothing(
    tmp_path: Path, jetstream: tuple[JetstreamServer, str]
) -> None:
    server, address = jetstream
    stories = [(str(n), f"layoffs {n} at mill{n} town{n} yard{n} dock{n}") for n in range(STORIES)]
    state, file = tmp_path / "state", tmp_path / "connectors.yaml"
    start, said, posts = int(now().timestamp() * 1e6), "", 0

    def post() -> None:
        nonlocal posts
        posts += 1
        server.say(commit(start + posts, f"r{posts}", f"layoffs {posts}", did=HANDLE))

    async with web(Feed(rss(stories)).app()) as feed:
        file.write_text(FILE.format(jetstream=address, feed=feed))
        for life in range(LIVES):
            with running(state, file) as ingest:
                await asyncio.to_thread(ingest.http_port)
                async with asyncio.timeout(30):
                    while len(server.cursors) <= life:
                        await asyncio.sleep(0.02)
                if life == 0:  # from here on it has a cursor
                    post()
                    await until_there_are(1, state)
                for _ in range(POSTS):
                    post()
                    await asyncio.sleep(0.02)
                said += ingest.kill()
            post()  # while nobody listens
        with running(state, file) as ingest:
            port = await asyncio.to_thread(ingest.http_port)
            await until_there_are(posts + STORIES, state)
            server.say(account(start + posts + 1, HANDLE, active=False))
            await until_there_are(2 * posts + STORIES, state)
            page = await asyncio.to_thread(scrape, port)
            said += ingest.kill()

    found = await signals(state)
    by_id = {each.event_id: signal_pb2.Signal.FromString(each.value) for each in found}
    assert len(by_id) == 2 * posts + STORIES
    assert len({each.withdraws_signal_id for each in by_id.values()} - {""}) == posts
    assert len(found) - len(by_id) <= LIVES * POSTS  # some twice in the log, by the same id
    assert metric(page, "held", "posts") == 1
    assert metric(page, "lag_seconds", "posts") > 0
    assert metric(page, "last_success_timestamp_seconds", "news") > 1e9
    kept = b"".join(each.read_bytes() for each in state.rglob("*") if each.is_file())
    for secret in ("canary4711", "layoffs 1"):
        assert secret not in said
        assert secret.encode() not in kept


def test_a_file_with_a_fault_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "connectors.yaml"
    file.write_text("connectors:\n  - {name: x, tenant: acme, kind: rss, topics: {a: }}\n")
    ingest = Ingest(tmp_path / "state", file)
    _, said = ingest.process.communicate(timeout=60)
    assert ingest.process.returncode == 1
    assert "connectors.yaml:2:5: missing 'address' for the kind rss" in said
