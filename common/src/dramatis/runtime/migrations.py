"""A service's tables brought up to date when it starts: alembic, one history for both databases.

A history is a folder of alembic revisions in one line. Its first one makes what release 0.1.0
made; an SQLite file of that release, which knows no alembic, starts behind it.
"""

import hashlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.schema import CreateSchema

from dramatis.core.errors import Unavailable
from dramatis.runtime import oldest_reader
from dramatis.runtime.sqlite_session import roll_back

ALEMBIC_ERA: Final = 1000
"""PRAGMA user_version of an SQLite file with an alembic history: release 0.1.0 refuses it."""
LOCK_POLL_SECONDS: Final = 0.2
_OPERATIONS = threading.Lock()
"""alembic's `op` is one for the whole process."""


def migrate_sqlite(connection: sqlite3.Connection, tx: Connection, folder: Path, name: str) -> None:
    """Brings a file up to date, in one transaction.

    Args:
        connection: to the file.
        tx: speaks through that connection.
        folder: the history.
        name: of the file, for messages.

    Raises:
        Unavailable: a newer release has changed the file so that this one cannot run on it.
    """
    history = ScriptDirectory(str(folder), version_locations=[folder])
    if _is_current(tx, history, name):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _is_current(tx, history, name):
            with _configured(tx, history) as environment:
                if connection.execute("PRAGMA user_version").fetchone()[0] in range(1, ALEMBIC_ERA):
                    environment.get_context().stamp(history, history.get_base() or "")
                oldest_reader.save(tx, oldest_reader.required(history))
                environment.run_migrations()
            connection.execute(f"PRAGMA user_version = {ALEMBIC_ERA}")
        connection.execute("COMMIT")
    finally:
        roll_back(connection)


def migrate_postgres(tx: Connection, folder: Path, schema: str, name: str) -> None:
    """Brings a schema up to date, makes it if missing. Of several at a time one does the work.

    It sleeps while another does: not for the thread of an event loop that anyone waits for.

    Each revision is a transaction of its own, so that one may build an index without blocking
    writers: see `migration_steps.outside_transaction`.

    Args:
        tx: of a connection whose search path is the schema.
        folder: the history.
        schema: its name.
        name: of the schema, for messages.

    Raises:
        Unavailable: a newer release has changed the schema so that this one cannot run on it.
    """
    history = ScriptDirectory(str(folder), version_locations=[folder])
    if _is_current(tx, history, name):
        return
    tx.rollback()
    with _alone(tx, schema):
        if _is_current(tx, history, name):
            return
        found = text("SELECT count(*) FROM pg_namespace WHERE nspname = :schema")
        if not tx.scalar(found, {"schema": schema}):
            tx.execute(CreateSchema(schema))
        oldest_reader.save(tx, oldest_reader.required(history))
        tx.commit()
        with _configured(tx, history, transaction_per_migration=True) as environment:
            environment.run_migrations()


def _is_current(tx: Connection, history: ScriptDirectory, name: str) -> bool:
    """Whether nothing is left to do: it is up to date, or newer than that and fit for us too."""
    found = MigrationContext.configure(tx).get_current_revision()
    known = {each.revision for each in history.walk_revisions()}
    newer = found is not None and found not in known
    needed = oldest_reader.load(tx) or (found if newer else None)
    if needed is not None and needed not in known:
        raise Unavailable(
            f"{name} was changed by a newer release so that this one cannot run on it (it is at "
            f"revision {found} and needs {needed}, this release knows none after "
            f"{history.get_current_head()}); install that release, or use another database",
            reason="NEWER_DATABASE",
        )
    return newer or found == history.get_current_head()


@contextmanager
def _configured(
    tx: Connection, history: ScriptDirectory, **options: Any
) -> Iterator[EnvironmentContext]:
    """What runs the history up to its head, on this connection."""

    def upgrade(revision: Any, context: MigrationContext) -> Any:
        return history._upgrade_revs("head", revision)

    with (
        _OPERATIONS,
        EnvironmentContext(Config(), history, fn=upgrade) as environment,
    ):
        environment.configure(connection=tx, **options)
        yield environment


@contextmanager
def _alone(tx: Connection, schema: str) -> Iterator[None]:
    """Waits until no other process migrates this schema; the end of a connection ends its lock.

    It asks again and again, for a statement that waits would itself hold up an index that is
    built concurrently.
    """
    key = {"key": _lock_key(schema)}
    while not tx.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
        tx.rollback()
        time.sleep(LOCK_POLL_SECONDS)
    tx.commit()
    try:
        yield
    finally:
        tx.rollback()
        tx.execute(text("SELECT pg_advisory_unlock(:key)"), key)
        tx.commit()


def _lock_key(schema: str) -> int:
    digest = hashlib.sha256(f"dramatis/{schema}".encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
