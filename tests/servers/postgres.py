"""The fixtures `postgres_dsn`, `postgres_database`, `own_postgres`: real servers for tests."""

import asyncio
import os
import tempfile
import urllib.parse
import uuid
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.servers.database_server import DatabaseServer
from tests.servers.shared import shared


@pytest.fixture(scope="session")
def postgres_dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database on the server of this session, where others may be made.

    It is DRAMATIS_POSTGRES_DSN, or else on a server from `deploy/dev/postgres`, one for all
    workers.
    """
    if given := os.environ.get("DRAMATIS_POSTGRES_DSN"):
        yield given
        return
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "postgres"
    started: list[DatabaseServer] = []

    def start() -> tuple[str, int]:
        # Nobody pulls a plug on this server: it need not wait for the disk.
        started.append(DatabaseServer(folder / "server.log", "--set", "fsync=off"))
        return started[0].dsn, started[0].process.pid

    with shared(folder, start) as dsn:
        yield dsn
    for server in started:
        if server.process.poll() is None:
            server.process.returncode = 0  # it is for the worker that needs it last to end it


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[DatabaseServer]:
    """A server of this test's own, to be killed and started again."""
    with tempfile.TemporaryDirectory(prefix="dramatis-postgres-") as folder:
        Path(folder).chmod(0o711)
        server = DatabaseServer(tmp_path / "server.log", data=Path(folder, "data"))
        yield server
        server.stop()


@pytest.fixture
def postgres_database(postgres_dsn: str) -> Iterator[str]:
    """The DSN of an empty database of this test's own."""
    name = f"test_{uuid.uuid4().hex}"
    asyncio.run(_execute(postgres_dsn, f"CREATE DATABASE {name}"))
    yield urllib.parse.urlsplit(postgres_dsn)._replace(path=f"/{name}").geturl()
    asyncio.run(_execute(postgres_dsn, f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
