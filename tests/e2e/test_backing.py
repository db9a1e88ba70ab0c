"""The same five services on Kafka and PostgreSQL: the same report, nothing left behind, no secret told."""

import json
import os
import subprocess
import sys
import urllib.parse
from pathlib import Path

import asyncpg
import psutil
import pytest

from dramatis.cli.backtest import report
from dramatis.runtime import topics
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka.topics import survey
from examples import made_up
from tests.e2e.test_up import config

RECIPIENTS = 2_000
SECRET = "nobody-may-read-this"


def environ(**more: str) -> dict[str, str]:
    inherited = {each: value for each, value in os.environ.items() if "DRAMATIS" not in each}
    return {**inherited, **more}


def dramatis(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dramatis.cli.main", *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=600, env=environ(**more),
    )  # fmt: skip


@pytest.fixture
def secret_dsn(postgres_database: str) -> str:
    """A DSN with a password, which the server does not ask for."""
    parts = urllib.parse.urlsplit(postgres_database)
    user = parts.username or "postgres"
    return parts._replace(netloc=f"{user}:{SECRET}@{parts.hostname}:{parts.port}").geturl()


async def names_of_databases(dsn: str) -> set[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
    finally:
        await connection.close()


async def test_a_replay_tells_the_same_on_kafka_and_postgresql(
    tmp_path: Path, kafka_bootstrap: str, postgres_dsn: str
) -> None:
    data, spec = made_up.write(tmp_path, RECIPIENTS, seed=5)
    asked = (
        "backtest",
        "--data",
        data,
        "--spec",
        spec,
        "--seed",
        3,
        "--no-curve",
        "--json",
        "--out",
    )
    before = await names_of_databases(postgres_dsn)
    embedded = dramatis(*asked, tmp_path / "embedded")
    assert embedded.returncode == 0, embedded.stderr
    backed = dramatis(*asked, tmp_path / "backed", "--kafka", kafka_bootstrap,
                      DRAMATIS_POSTGRES_DSN=postgres_dsn)  # fmt: skip
    assert backed.returncode == 0, backed.stderr
    first, second = (report.without_timings(json.loads(run.stdout)) for run in (embedded, backed))
    assert first == second
    assert await names_of_databases(postgres_dsn) == before
    assert (await survey(Cluster(kafka_bootstrap, prefix="dramatis_backtest_"), topics.ALL))[
        1
    ] == {}


def test_up_tells_no_password(
    tmp_path: Path, kafka_bootstrap: str, secret_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    up = subprocess.Popen(
        [sys.executable, "-m", "dramatis.cli.main", "up", "--json", "--state", str(state), "--config",
         str(config(tmp_path)), "--kafka", kafka_bootstrap, "--postgres", "-"],
        env=environ(DRAMATIS_KAFKA_TOPIC_PREFIX=f"{tmp_path.name}."),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert up.stdin
    assert up.stdout
    up.stdin.write(secret_dsn + "\n")
    up.stdin.close()
    told = up.stdout.readline()
    family = [psutil.Process(up.pid), *psutil.Process(up.pid).children(recursive=True)]
    assert len(family) == 6, told
    lines = [" ".join(each.cmdline()) for each in family]
    up.terminate()
    up.stdin = None
    rest, errors = up.communicate(timeout=90)
    assert up.returncode == 0, errors
    place = urllib.parse.urlsplit(secret_dsn)
    found = json.loads(told)
    assert found["event_log"] == f"Kafka {kafka_bootstrap}"
    assert found["stores"] == f"PostgreSQL {place.hostname}:{place.port}{place.path}"
    logs = [path.read_text() for path in (state / "logs").iterdir()]
    assert len(logs) == 5
    for text in (*lines, *logs, told, rest, errors):
        assert SECRET not in text
    assert {path.name for path in state.glob("*.sqlite3")}.isdisjoint(
        {"log.sqlite3", "ingest.sqlite3", "persona.sqlite3", "simulator.sqlite3"}
    )


def test_a_password_on_the_command_line_is_refused(secret_dsn: str, tmp_path: Path) -> None:
    for command in ("up", "doctor"):
        refused = dramatis(command, "--postgres", secret_dsn, "--state", tmp_path)
        assert refused.returncode == 2
        assert "DRAMATIS_POSTGRES_DSN" in refused.stderr
        assert SECRET not in refused.stderr + refused.stdout


def test_the_doctor_looks_at_both(
    tmp_path: Path, kafka_bootstrap: str, postgres_database: str
) -> None:
    def findings(**more: str) -> dict[str, dict[str, object]]:
        asked = ("doctor", "--json", "--state", tmp_path, "--kafka", kafka_bootstrap)
        return {each["what"]: each for each in json.loads(dramatis(*asked, **more).stdout)}

    key = "A" * 43 + "="
    found = findings(DRAMATIS_POSTGRES_DSN=postgres_database, DRAMATIS_MASTER_KEY=key,
                     DRAMATIS_KAFKA_TOPIC_PREFIX="never-used.")  # fmt: skip
    kafka = found[f"Kafka {kafka_bootstrap}"]
    assert kafka["state"] == "1 brokers, 0 of our topics, 10 are made at the start"
    place = urllib.parse.urlsplit(postgres_database)
    assert "version" in str(found[f"PostgreSQL {place.hostname}:{place.port}{place.path}"]["state"])
    assert found["schema ingest"]["state"] == "not there yet: made at the start"
    away = place._replace(netloc="127.0.0.1:9").geturl()
    lost = findings(DRAMATIS_POSTGRES_DSN=away, DRAMATIS_MASTER_KEY=key)
    assert lost[f"PostgreSQL 127.0.0.1:9{place.path}"]["fine"] is False


async def test_the_doctor_tells_whether_this_release_may_go_on_with_a_newer_schema(
    tmp_path: Path, postgres_database: str
) -> None:
    connection = await asyncpg.connect(postgres_database)
    await connection.execute(
        "CREATE SCHEMA ingest; SET search_path = ingest;"
        "CREATE TABLE alembic_version AS SELECT '9999' AS version_num;"
        "CREATE TABLE oldest_reader AS SELECT '0001' AS revision"
    )
    key = "A" * 43 + "="
    for needed, fine in (("0001", True), ("9999", False)):
        await connection.execute("UPDATE ingest.oldest_reader SET revision = $1", needed)
        told = dramatis("doctor", "--json", "--state", tmp_path,
                        DRAMATIS_POSTGRES_DSN=postgres_database, DRAMATIS_MASTER_KEY=key)  # fmt: skip
        [found] = [each for each in json.loads(told.stdout) if each["what"] == "schema ingest"]
        assert "revision 9999: of a newer release" in found["state"]
        assert found["fine"] is fine
    await connection.close()
