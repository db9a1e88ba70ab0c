"""Topics and a database of one's own on servers that others use too, for as long as it lasts."""

import os
import secrets
import urllib.parse
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg

from dramatis.cli.backing import KAFKA, POSTGRES, with_master_key
from dramatis.cli.settings import PATIENT, read_settings
from dramatis.core.errors import Unavailable
from dramatis.runtime import topics
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka.topics import remove
from dramatis.runtime.kafka_log import KafkaLog

PREFIX: Final = "DRAMATIS_KAFKA_TOPIC_PREFIX"
CONNECT_SECONDS: Final = 10.0


@asynccontextmanager
async def scratch(settings: Mapping[str, str], state: Path) -> AsyncIterator[Mapping[str, str]]:
    """Settings for services that begin with nothing; what they leave on the servers is removed.

    Args:
        settings: which servers, beside the environment.
        state: the services' state folder.

    Raises:
        Unavailable: a server is away, or does not let us make or remove things.
    """
    seen = {**os.environ, **settings}
    name = f"dramatis_backtest_{secrets.token_hex(6)}"
    async with AsyncExitStack() as stack:
        if seen.get(KAFKA):
            settings = {**PATIENT, **settings, PREFIX: f"{name}."}
            cluster = read_settings(state, None, settings).cluster
            if cluster is not None:
                await stack.enter_async_context(_topics(cluster))
        if dsn := seen.get(POSTGRES):
            own = await stack.enter_async_context(_database(dsn, name))
            settings = with_master_key({**settings, POSTGRES: own}, state)
        yield settings


@asynccontextmanager
async def _topics(cluster: Cluster) -> AsyncIterator[None]:
    """Makes all topics, and removes them."""
    try:
        async with KafkaLog.open(cluster):  # makes what is missing, before five do so at once
            pass
        yield
    finally:
        await remove(cluster, topics.ALL)


@asynccontextmanager
async def _database(dsn: str, name: str) -> AsyncIterator[str]:
    """The DSN of a new database on the same server."""
    await _execute(dsn, f'CREATE DATABASE "{name}"')
    try:
        yield urllib.parse.urlsplit(dsn)._replace(path=f"/{name}").geturl()
    finally:
        await _execute(dsn, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _execute(dsn: str, statement: str) -> None:
    try:
        connection = await asyncpg.connect(dsn, timeout=CONNECT_SECONDS)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
    except (asyncpg.PostgresError, OSError, TimeoutError, ValueError) as error:
        raise Unavailable(
            f"PostgreSQL does not let us make or drop a database: {type(error).__name__}; a replay "
            f"needs a user with CREATEDB. Check {POSTGRES}",
            reason="STORE_UNAVAILABLE",
        ) from None
