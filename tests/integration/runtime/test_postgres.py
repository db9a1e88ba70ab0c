"""What only a server does: others write beside us, it dies, it hangs, it is full."""

import asyncio
import dataclasses
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from dramatis.core.errors import Invalid, Unavailable
from dramatis.runtime.database import Database, Transaction, open_database
from dramatis.runtime.home import PostgresHome
from dramatis.runtime.postgres_session import CONNECT_SECONDS
from tests.servers.database_server import DatabaseServer

HISTORY = Path(__file__).parents[2] / "unit" / "runtime" / "histories" / "one"
COUNTS = sa.table("counts", sa.column("name", sa.Text), sa.column("value", sa.Integer))


def add(tx: Transaction, name: str) -> None:
    tx.execute(sa.insert(COUNTS).values(name=name))


def names(tx: Transaction) -> set[str]:
    return set(tx.scalars(sa.select(COUNTS.c.name)))


def count_up(tx: Transaction) -> int:
    """Reads, then writes: what two do at once must not get lost."""
    value = tx.scalars(sa.select(COUNTS.c.value).where(COUNTS.c.name == "a")).one()
    tx.execute(sa.update(COUNTS).where(COUNTS.c.name == "a").values(value=value + 1))
    return int(value + 1)


@pytest.fixture
def home(postgres_database: str) -> PostgresHome:
    return PostgresHome(postgres_database, "store", readers=1, statement_seconds=1.0)


@pytest.fixture
async def database(home: PostgresHome) -> AsyncIterator[Database]:
    async with open_database(home, HISTORY) as database:
        yield database


async def test_two_that_change_one_row_lose_nothing(home: PostgresHome) -> None:
    async with open_database(home, HISTORY) as one, open_database(home, HISTORY) as other:
        await one.write(lambda tx: add(tx, "a"))

        async def count(database: Database) -> list[int]:
            return [await database.write(count_up) for _ in range(30)]

        counted = await asyncio.gather(count(one), count(other))
        assert sorted(counted[0] + counted[1]) == list(range(1, 61))


async def test_a_connection_that_ended_meanwhile_goes_unnoticed(database: Database) -> None:
    await database.write(lambda tx: add(tx, "a"))
    await database.read(names)
    others = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await database.read(lambda tx: tx.execute(others).all())
    await database.write(lambda tx: add(tx, "b"))
    await database.write(lambda tx: tx.execute(others).all())
    assert await database.read(names) == {"a", "b"}


async def test_a_statement_that_takes_too_long_fails_alone(database: Database) -> None:
    works = [database.write(lambda tx, n=n: add(tx, str(n))) for n in range(5)]
    works.insert(2, database.write(lambda tx: tx.execute(sa.text("SELECT pg_sleep(20)"))))
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    (failed,) = [each for each in outcomes if each is not None]
    assert isinstance(failed, Unavailable)
    assert failed.reason == "TIMEOUT"
    assert await database.read(names) == set("01234")


async def test_text_with_nul_is_refused(database: Database) -> None:
    with pytest.raises(Invalid, match="NUL"):
        await database.write(lambda tx: add(tx, "a\0b"))


async def test_of_several_hosts_one_that_answers_is_found(home: PostgresHome) -> None:
    dsn = home.dsn.replace("@", "@127.0.0.1:1,") + "?target_session_attrs=read-write"
    async with open_database(dataclasses.replace(home, dsn=dsn), HISTORY) as database:
        await database.write(lambda tx: add(tx, "a"))


async def test_no_such_database_is_said(home: PostgresHome) -> None:
    nowhere = dataclasses.replace(home, dsn=home.dsn + "_none")
    with pytest.raises(Unavailable, match="DRAMATIS_POSTGRES_DSN") as caught:
        async with open_database(nowhere, HISTORY):
            pass
    assert caught.value.reason == "NO_DATABASE"


async def test_a_server_that_only_reads_is_said(home: PostgresHome) -> None:
    async with open_database(home, HISTORY) as database:
        with pytest.raises(Unavailable) as caught:
            await database.write(
                lambda tx: tx.execute(sa.text("SET TRANSACTION READ ONLY")) and add(tx, "a")
            )
        assert caught.value.reason == "READ_ONLY"


async def test_a_server_that_never_answers_is_given_up(home: PostgresHome) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dsn = f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/d"
        begun = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            async with open_database(dataclasses.replace(home, dsn=dsn), HISTORY):
                pass
    assert caught.value.reason == "LOST"
    assert time.monotonic() - begun < CONNECT_SECONDS + 2


async def test_killed_it_keeps_what_was_committed_and_is_found_again(
    own_postgres: DatabaseServer,
) -> None:
    home = PostgresHome(own_postgres.dsn, "store", readers=1)
    acked: set[str] = set()
    failed: list[float] = []
    stop = asyncio.Event()

    async def write(database: Database, writer: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            name = f"{writer}/{number}"
            begun = time.monotonic()
            try:
                await database.write(lambda tx, name=name: add(tx, name))
                acked.add(name)
            except Unavailable:
                failed.append(time.monotonic() - begun)
                await asyncio.sleep(0.02)

    async with open_database(home, HISTORY) as database, asyncio.TaskGroup() as group:
        for writer in range(8):
            group.create_task(write(database, writer))
        for _ in range(3):
            before = len(acked)
            while len(acked) < before + 200:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(own_postgres.kill)
            failed.clear()
            while not failed:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(own_postgres.start)
            back, before = time.monotonic(), len(acked)
            while len(acked) == before:
                await asyncio.sleep(0.01)
            assert time.monotonic() - back < 10
            assert max(failed) < CONNECT_SECONDS + 1
        stop.set()
    async with open_database(home, HISTORY) as database:
        kept = await database.read(names)
    assert acked <= kept
