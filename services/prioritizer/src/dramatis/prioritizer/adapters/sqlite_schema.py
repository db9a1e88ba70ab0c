"""The prioritizer's own SQLite file: what it knew last, what it decided, what is to be relayed."""

from collections.abc import Sequence
from typing import Final

FILE_NAME: Final = "prioritizer.sqlite3"

MIGRATIONS: Final[Sequence[str]] = (
    """
    CREATE TABLE shelf (
        topic TEXT NOT NULL,
        key TEXT NOT NULL,
        number INTEGER NOT NULL,
        body BLOB NOT NULL,
        digest BLOB NOT NULL,
        PRIMARY KEY (topic, key, number)
    );
    CREATE TABLE shelf_complete (only_row INTEGER PRIMARY KEY CHECK (only_row = 1));
    CREATE TABLE suppressed (
        tenant TEXT NOT NULL,
        recipient_id TEXT NOT NULL,
        time TEXT NOT NULL,
        PRIMARY KEY (tenant, recipient_id)
    ) WITHOUT ROWID;
    CREATE TABLE decisions (
        tenant TEXT NOT NULL,
        decision_id TEXT NOT NULL,
        fingerprint BLOB NOT NULL,
        recipient_id TEXT NOT NULL,
        campaign_ids TEXT NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (tenant, decision_id)
    );
    CREATE TABLE reports (
        tenant TEXT NOT NULL,
        decision_id TEXT NOT NULL,
        mark TEXT NOT NULL,
        time TEXT NOT NULL,
        PRIMARY KEY (tenant, decision_id, mark)
    ) WITHOUT ROWID;
    CREATE TABLE requests (
        tenant TEXT NOT NULL,
        method TEXT NOT NULL,
        request_id TEXT NOT NULL,
        fingerprint BLOB NOT NULL,
        answer TEXT NOT NULL,
        PRIMARY KEY (tenant, method, request_id)
    ) WITHOUT ROWID;
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        topic TEXT NOT NULL,
        key TEXT NOT NULL,
        event_id TEXT NOT NULL,
        type_name TEXT NOT NULL,
        time TEXT NOT NULL,
        body BLOB NOT NULL
    );
    """,
    """
    ALTER TABLE suppressed RENAME COLUMN recipient_id TO pseudonym;
    ALTER TABLE decisions ADD COLUMN pseudonym TEXT NOT NULL DEFAULT '';
    ALTER TABLE outbox ADD COLUMN pseudonym TEXT NOT NULL DEFAULT '';
    CREATE INDEX decisions_by_pseudonym ON decisions (pseudonym);
    CREATE INDEX outbox_by_pseudonym ON outbox (pseudonym);
    CREATE TABLE named (only_row INTEGER PRIMARY KEY CHECK (only_row = 1));
    """,
)
