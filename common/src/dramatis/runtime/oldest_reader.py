"""How old a release may be and still run on a database that a newer one has changed.

A revision says `compatible = True` where every release that knows the newest revision that says
False can go on with what it makes. The database carries that newest one: whichever release knows
it may run, with or without those that came after it.
"""

from typing import Final

from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select

TABLE: Final = Table("oldest_reader", MetaData(), Column("revision", Text, nullable=False))


def required(history: ScriptDirectory) -> str:
    """The newest revision of a history that earlier releases cannot run on."""
    for script in history.walk_revisions():
        if not getattr(script.module, "compatible", False):
            return script.revision
    raise ValueError("no release runs on a history without its first revision")


def load(tx: Connection) -> str | None:
    """The revision that a release has to know; None where no release has said."""
    if not inspect(tx).has_table(TABLE.name):
        return None
    return tx.scalar(select(TABLE.c.revision))


def save(tx: Connection, revision: str) -> None:
    """Lets in those releases alone that know the revision."""
    TABLE.create(tx, checkfirst=True)
    tx.execute(TABLE.delete())
    tx.execute(TABLE.insert(), {"revision": revision})
