"""What Kafka and PostgreSQL say of themselves, and of what dramatis has there."""

from collections.abc import AsyncIterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

import asyncpg
from alembic.script import ScriptDirectory

from dramatis.cli.backing import described_place
from dramatis.cli.finding import Finding
from dramatis.core.errors import DramatisError
from dramatis.runtime import oldest_reader, topics
from dramatis.runtime.common_settings import Common
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka.topics import survey

SECONDS: Final = 5.0
HISTORIES: Final = {
    "keys": "dramatis.runtime.keyring",
    "ingest": "dramatis.ingest.adapters",
    "persona": "dramatis.persona.adapters",
    "simulator": "dramatis.simulator.adapters",
    "optimizer": "dramatis.optimizer.adapters",
}
"""Where the migrations of each schema are."""


async def look(settings: Common) -> Sequence[Finding]:
    """What there is to say of the event log and of the stores."""
    found = [await _kafka(settings.cluster)] if settings.cluster else []
    if not found:
        found.append(Finding("event log", "SQLite (embedded)"))
    if not settings.postgres_dsn:
        return [*found, Finding("stores", "SQLite (embedded)")]
    return [*found, *[each async for each in _postgres(settings.postgres_dsn)]]


async def _kafka(cluster: Cluster) -> Finding:
    what = f"Kafka {cluster.bootstrap}"
    try:
        brokers, present = await survey(cluster, topics.ALL)
    except DramatisError as error:
        return Finding(what, error.message, False, "check the DRAMATIS_KAFKA_ settings")
    missing = len(topics.ALL) - len(present)
    later = f", {missing} are made at the start" if missing else ""
    return Finding(what, f"{brokers} brokers, {len(present)} of our topics{later}")


async def _postgres(dsn: str) -> AsyncIterator[Finding]:
    what = f"PostgreSQL {described_place(dsn)}"
    try:
        connection = await asyncpg.connect(dsn, timeout=SECONDS)
    except (asyncpg.PostgresError, OSError, TimeoutError, ValueError) as error:
        yield Finding(what, type(error).__name__, False, "check DRAMATIS_POSTGRES_DSN")
        return
    try:
        version = await connection.fetchval("SHOW server_version")
        yield Finding(what, f"reachable, version {version}")
        for schema, package in HISTORIES.items():
            yield await _schema(connection, schema, package)
    finally:
        await connection.close()


async def _schema(
    connection: "asyncpg.Connection[asyncpg.Record]", schema: str, package: str
) -> Finding:
    """How the tables of a schema stand to this release."""
    what, head = f"schema {schema}", _head(package)
    if not await connection.fetchval("SELECT to_regclass($1)", f"{schema}.alembic_version"):
        return Finding(what, "not there yet: made at the start")
    found = await connection.fetchval(f'SELECT version_num FROM "{schema}".alembic_version')  # noqa: S608
    if found == head:
        return Finding(what, f"up to date (revision {found})")
    known = {each.revision for each in _history(package).walk_revisions()}
    if found in known:
        return Finding(what, f"revision {found}: brought to {head} at the start")
    if await _needed(connection, schema) in known:
        return Finding(what, f"revision {found}: of a newer release; this one may go on with it")
    return Finding(what, f"revision {found}: of a newer release", False, "install that release")


async def _needed(connection: "asyncpg.Connection[asyncpg.Record]", schema: str) -> str | None:
    """The revision that a release has to know to run on the schema, if a release has said."""
    table = f"{schema}.{oldest_reader.TABLE.name}"
    if not await connection.fetchval("SELECT to_regclass($1)", table):
        return None
    found: str | None = await connection.fetchval(
        f'SELECT revision FROM "{schema}".{oldest_reader.TABLE.name}'  # noqa: S608
    )
    return found


def _head(package: str) -> str | None:
    return _history(package).get_current_head()


def _history(package: str) -> ScriptDirectory:
    folder = Path(str(files(package).joinpath("migrations")))
    return ScriptDirectory(str(folder), version_locations=[folder])
