"""A service's store, on SQLite or PostgreSQL: tables of SQLAlchemy, durable transactions.

    async with open_database(settings.database("persona"), MIGRATIONS) as database:
        await database.write(lambda tx: tx.execute(insert(tx, PERSONAS), rows))

A work is an ordinary function of a `Transaction`. It runs on a thread and may run again, so it
must change nothing but its transaction.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import sqlalchemy
from sqlalchemy.pool import StaticPool

from dramatis.runtime import sqlite_errors, transactions
from dramatis.runtime.home import Home, PostgresHome, SqliteHome
from dramatis.runtime.migrations import migrate_postgres, migrate_sqlite
from dramatis.runtime.postgres_errors import translated
from dramatis.runtime.postgres_session import PostgresSession, engine_to
from dramatis.runtime.sqlite_session import SqliteSession, connect_reader, connect_writer

Transaction = sqlalchemy.Connection
Database = transactions.Database[Transaction]
Session = transactions.Session[Transaction]

MIGRATION_SECONDS: Final = 86_400.0
"""A revision's statement may take so long: an index of all that has grown."""


@asynccontextmanager
async def open_database(home: Home, migrations: Path) -> AsyncIterator[Database]:
    """Opens a store, makes it if missing and brings its tables up to date.

    Args:
        home: where it lives.
        migrations: the folder of the service's alembic revisions.

    Raises:
        Unavailable: it cannot be used; the message says what to do.
    """
    if isinstance(home, SqliteHome):
        writer, *readers = await asyncio.to_thread(_open_sqlite, home, migrations)
    else:
        await asyncio.to_thread(asyncio.run, _migrate_postgres(home, migrations))
        writer = PostgresSession(home, writes=True)
        readers = [PostgresSession(home, writes=False) for _ in range(home.readers)]
    database = Database(home.name, writer, readers)
    try:
        yield database
    finally:
        await asyncio.to_thread(database.close)


def _open_sqlite(home: SqliteHome, migrations: Path) -> list[Session]:
    """The writer, then the readers."""
    with sqlite_errors.translated(home.path):
        connection = connect_writer(home.path)
        opened = [connection]
        try:
            tx = _speaking_through(connection)
            migrate_sqlite(connection, tx, migrations, home.name)
            opened += [connect_reader(home.path) for _ in range(home.readers)]
        except BaseException:
            for each in opened:
                each.close()
            raise
    return [SqliteSession(home.path, each, _speaking_through(each)) for each in opened]


def _speaking_through(connection: sqlite3.Connection) -> Transaction:
    """A connection of SQLAlchemy's that leaves transactions to whoever has the raw one."""
    engine = sqlalchemy.create_engine(
        "sqlite://",
        creator=lambda: connection,
        poolclass=StaticPool,
        pool_reset_on_return=None,
    )
    tx = engine.connect()
    tx.begin()  # an outer one without end: it neither begins nor ends anything in the file
    return tx


async def _migrate_postgres(home: PostgresHome, migrations: Path) -> None:
    engine = engine_to(replace(home, statement_seconds=MIGRATION_SECONDS))
    with translated(home.name):
        async with engine.connect() as connection:
            await connection.run_sync(migrate_postgres, migrations, home.schema, home.name)
