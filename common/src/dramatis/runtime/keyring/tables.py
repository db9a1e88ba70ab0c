"""The tables of the keyring, as they are now; `migrations` makes them."""

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

from dramatis.runtime.sql import BIG, Utc

METADATA: Final = MetaData()

ROOT: Final = Table(
    "root",
    METADATA,
    Column("only_row", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
)
"""One row: the root secret under the master key."""

DATA_KEYS: Final = Table(
    "data_keys",
    METADATA,
    Column("pseudonym", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""Pseudonyms are unique over all tenants: each tenant's are keyed digests of its own."""

ERASURES: Final = Table(
    "erasures",
    METADATA,
    Column("number", BIG, primary_key=True, autoincrement=False),
    Column("tenant", Text, nullable=False),
    Column("pseudonym", Text, nullable=False, unique=True),
    Column("erased_at", Utc, nullable=False),
)
"""The ledger."""
