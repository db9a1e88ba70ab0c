"""Where a service's store lives: a file of this machine, or a schema of a PostgreSQL database."""

from dataclasses import dataclass, field, replace
from pathlib import Path

BULK_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class SqliteHome:
    """A file, which is made if missing, and so is its folder.

    Attributes:
        path: of the file.
        readers: transactions that may read at a time; more than one only where some take long.
    """

    path: Path
    readers: int = 1

    @property
    def name(self) -> str:
        """What an operator knows it by."""
        return self.path.name

    def for_bulk(self) -> "SqliteHome":
        """The same store for reads that take long, one at a time."""
        return replace(self, readers=1)


@dataclass(frozen=True, slots=True)
class PostgresHome:
    """A schema of its own in a database that services share.

    Attributes:
        dsn: postgresql://user:password@host:port/database?sslmode=verify-full
        schema: made if missing; also the name of what connects.
        readers: transactions that may read at a time; one more connection writes.
        statement_seconds: a statement that takes longer is cancelled.
        lock_seconds: a statement that waits longer for a lock is cancelled.
    """

    dsn: str = field(repr=False)
    schema: str
    readers: int = 4
    statement_seconds: float = 30.0
    lock_seconds: float = 5.0

    @property
    def name(self) -> str:
        """What an operator knows it by."""
        return f"PostgreSQL schema {self.schema}"

    def for_bulk(self) -> "PostgresHome":
        """The same store for reads that take long, one at a time."""
        return replace(self, readers=1, statement_seconds=BULK_SECONDS)


Home = SqliteHome | PostgresHome
