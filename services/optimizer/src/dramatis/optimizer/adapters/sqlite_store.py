"""The optimizer's one SQLite file."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from dramatis.optimizer.adapters import (
    sqlite_jobs,
    sqlite_knowledge,
    sqlite_plans,
    sqlite_requests,
)
from dramatis.optimizer.adapters.sqlite_jobs import SqliteJobs
from dramatis.optimizer.adapters.sqlite_knowledge import SqliteKnowledge
from dramatis.optimizer.adapters.sqlite_plans import SqlitePlans
from dramatis.runtime import sqlite_positions as positions
from dramatis.runtime.sqlite import Database

FILE_NAME: Final = "optimizer.sqlite3"
MIGRATIONS: Final = (
    positions.SCHEMA
    + sqlite_knowledge.SCHEMA
    + sqlite_requests.SCHEMA
    + sqlite_jobs.SCHEMA
    + sqlite_plans.SCHEMA,
)


class SqliteStore:
    """All that the optimizer keeps, in one file, so that effects share a transaction."""

    def __init__(self, database: Database) -> None:
        self.knowledge = SqliteKnowledge(database)
        self.jobs = SqliteJobs(database)
        self.plans = SqlitePlans(database)

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path) -> AsyncIterator["SqliteStore"]:
        """Opens the file, makes it if missing.

        Raises:
            Unavailable: the file cannot be used; the message says what to do.
        """
        async with Database.open(path, MIGRATIONS) as database:
            yield cls(database)
