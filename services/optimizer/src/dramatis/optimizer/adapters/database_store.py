"""The optimizer's one database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from dramatis.optimizer.adapters import database_jobs, database_requests
from dramatis.optimizer.adapters.database_jobs import DatabaseJobs
from dramatis.optimizer.adapters.database_knowledge import DatabaseKnowledge
from dramatis.optimizer.adapters.database_plans import DatabasePlans
from dramatis.runtime.database import Database, open_database
from dramatis.runtime.home import Home, SqliteHome

MIGRATIONS: Final = Path(__file__).with_name("migrations")


class DatabaseStore:
    """All that the optimizer keeps, in one database, so that effects share a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.knowledge = DatabaseKnowledge(database)
        self.jobs = DatabaseJobs(database)
        self.plans = DatabasePlans(database)

    @classmethod
    @asynccontextmanager
    async def open(cls, home: Home) -> AsyncIterator["DatabaseStore"]:
        """Opens the store, makes it if missing.

        A file belongs to one process: what was being worked on in it is nobody's any more.

        Raises:
            Unavailable: the database cannot be used; the message says what to do.
        """
        async with open_database(home, MIGRATIONS) as database:
            if isinstance(home, SqliteHome):
                await database.write(database_jobs.release_all)
            yield cls(database)

    async def forget_requests(self, before: datetime) -> int:
        """Drops the requests that came before then and returns how many."""
        return await self._database.write(lambda tx: database_requests.forget(tx, before))
