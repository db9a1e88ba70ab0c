"""A connection to PostgreSQL, as a session of the machine that runs transactions.

asyncpg needs an event loop: each session has one of its own, so that what works compute and what
the server takes its time for never holds up the loop that answers callers.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import asyncpg
import uvloop
from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from dramatis.core.errors import Unavailable
from dramatis.runtime.home import PostgresHome
from dramatis.runtime.postgres_errors import is_conflict, is_lost, translated
from dramatis.runtime.transactions import Outcome, Work

T = TypeVar("T")

CONNECT_SECONDS: Final = 3.0
PAUSE_SECONDS: Final = 0.25
"""After a connection failed, others are not tried for so long: who waits is told at once."""
MOST_ATTEMPTS: Final = 10
IDLE_TRANSACTION_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class _Failed:
    """What a work left in place of a result, and nothing else."""

    error: Exception


class PostgresSession:
    """See `Session`. A lost connection is made anew with the next transaction."""

    def __init__(self, home: PostgresHome, *, writes: bool) -> None:
        """Connects when it is first used.

        Args:
            home: where to.
            writes: SERIALIZABLE transactions that write, else REPEATABLE READ ones that cannot.
        """
        self._name = home.name
        self._loop = uvloop.new_event_loop()
        if writes:
            self._engine = engine_to(home, isolation_level="SERIALIZABLE")
        else:
            self._engine = engine_to(home, isolation_level="REPEATABLE READ", read_only=True)
        self._connection: AsyncConnection | None = None
        self._committing = False
        self._failed: tuple[float, Unavailable] | None = None

    def write(self, works: Sequence[Work[Connection, Any]]) -> Sequence[Outcome]:
        """See `Session`. Only where one of several fails each gets a savepoint: they cost."""
        if len(works) == 1:
            return [Outcome.of(self._transact, works[0])]
        together = Outcome.of(self._transact, lambda tx: [work(tx) for work in works])
        if together.error and self._connection:
            together = Outcome.of(self._transact, lambda tx: [_attempt(tx, work) for work in works])
        if together.error:
            return [together] * len(works)
        return [self._outcome(each) for each in together.result]

    def _outcome(self, result: object) -> Outcome:
        """Of a work in a transaction that was committed."""
        if not isinstance(result, _Failed):
            return Outcome(result)
        try:
            with translated(self._name):
                raise result.error
        except Exception as error:
            return Outcome(error=error)

    def read(self, work: Work[Connection, T]) -> T:
        """See `Session`."""
        return self._transact(work)

    def close(self) -> None:
        """See `Session`."""
        self._loop.run_until_complete(self._drop())
        self._loop.close()

    def _transact(self, work: Work[Connection, T]) -> T:
        """What the work returns, committed. It runs again where others came in between."""
        with translated(self._name):
            return self._loop.run_until_complete(self._until_committed(work))

    async def _until_committed(self, work: Work[Connection, T]) -> T:
        attempts = 0
        while True:
            attempts, fresh = attempts + 1, self._connection is None
            try:
                return await self._attempt(work)
            except Exception as error:
                stale = is_lost(error) and not (fresh or self._committing)
                if attempts == MOST_ATTEMPTS or not (stale or is_conflict(error)):
                    raise
            await asyncio.sleep(random.uniform(0, 0.002 * 2**attempts))  # noqa: S311

    async def _attempt(self, work: Work[Connection, T]) -> T:
        connection = self._connection = self._connection or await self._connect()
        self._committing = False
        transaction = await connection.begin()
        try:
            result = await connection.run_sync(work)
            self._committing = True
            await transaction.commit()
            return result
        except Exception as error:
            if is_lost(error):
                await self._drop()
            else:
                await connection.rollback()  # also where the commit itself was refused
            raise

    async def _connect(self) -> AsyncConnection:
        if self._failed and time.monotonic() < self._failed[0]:
            raise self._failed[1]
        try:
            with translated(self._name):
                return await self._engine.connect()
        except Unavailable as error:
            self._failed = (time.monotonic() + PAUSE_SECONDS, error)
            raise

    async def _drop(self) -> None:
        """Forgets the connection, and closes it as far as that can still be done."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                await connection.invalidate()
            with suppress(Exception):
                await connection.close()


def _attempt(tx: Connection, work: Work[Connection, T]) -> T | _Failed:
    """Runs work in a savepoint; raises only what spoils the whole transaction."""
    try:
        with tx.begin_nested():
            return work(tx)
    except Exception as error:
        if is_conflict(error) or is_lost(error):
            raise
        return _Failed(error)


def engine_to(
    home: PostgresHome,
    *,
    isolation_level: IsolationLevel = "READ COMMITTED",
    read_only: bool = False,
) -> AsyncEngine:
    """What makes connections whose unqualified names mean the home's schema."""
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: _connect(home),
        poolclass=NullPool,
        isolation_level=isolation_level,
        execution_options={"postgresql_readonly": read_only},
    )


async def _connect(home: PostgresHome) -> "asyncpg.Connection[Any]":
    return await asyncpg.connect(
        home.dsn,
        timeout=CONNECT_SECONDS,
        command_timeout=home.statement_seconds + CONNECT_SECONDS,
        server_settings={
            "application_name": f"dramatis-{home.schema}",
            "search_path": home.schema,
            "statement_timeout": _milliseconds(home.statement_seconds),
            "lock_timeout": _milliseconds(home.lock_seconds),
            "idle_in_transaction_session_timeout": _milliseconds(IDLE_TRANSACTION_SECONDS),
            "jit": "off",
        },
    )


def _milliseconds(seconds: float) -> str:
    return str(round(1000 * seconds))
