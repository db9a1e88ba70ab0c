"""The last good state on disk: the latest record of each key, and the snapshot before the last."""

import hashlib
from datetime import datetime

import structlog

from dramatis.core.errors import Invalid, Unavailable
from dramatis.prioritizer import metrics
from dramatis.prioritizer.adapters.records import to_change
from dramatis.prioritizer.domain.standing import Standing
from dramatis.prioritizer.ports import About, Batch, Change, Kept, Listing, Word
from dramatis.runtime import topics
from dramatis.runtime.sqlite import Database, Transaction

_logger = structlog.get_logger(__name__)


class SqliteShelf:
    """A `Shelf` in an SQLite file."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> Kept:
        """See `Shelf`."""
        return await self._database.read(_load)

    async def save(self, batch: Batch) -> None:
        """See `Shelf`."""
        try:
            await self._database.write(lambda tx: _save(tx, batch))
        except Unavailable as error:
            _logger.warning("state not kept on disk", reason=error.reason)


def _load(tx: Transaction) -> Kept:
    complete = tx.execute("SELECT 1 FROM shelf_complete").fetchone() is not None
    changes: list[Change] = []
    done: set[tuple[str, str]] = set()
    rows = tx.execute("SELECT topic, key, body, digest FROM shelf ORDER BY topic, key, number DESC")
    for topic, key, body, digest in rows:
        if (topic, key) in done:
            continue
        change = _read(topic, key, body, digest)
        if change is not None:
            done.add((topic, key))
            changes.append(change)
        elif topic == topics.CONSENTS.name:
            complete = False  # a denial may have been in it
    listed = tx.execute("SELECT tenant, pseudonym, time FROM suppressed").fetchall()
    listings = [Listing(tenant, who, datetime.fromisoformat(time)) for tenant, who, time in listed]
    return Kept(changes, complete, listings)


def _read(topic: str, key: str, body: bytes, digest: bytes) -> Change | None:
    """The change, or None where the bytes are not those that were written."""
    try:
        if _digest(body) != digest:
            raise Invalid("its digest does not fit")
        if topic == topics.CONSENTS.name:
            return _unpack(key, body)
        return to_change(topic, key, body, _nobody)
    except Exception:  # whatever is wrong with it, the start goes on without it
        metrics.CORRUPT.labels(topic, "disk").inc()
        _logger.error("record on disk is damaged, using the one before", topic=topic)
        return None


def _save(tx: Transaction, batch: Batch) -> None:
    for change in batch.changes:
        _put(tx, change)
    if batch.current:
        tx.execute("INSERT OR IGNORE INTO shelf_complete VALUES (1)")


def _put(tx: Transaction, change: Change) -> None:
    where = (change.topic, change.key)
    if not change.body:
        tx.execute("DELETE FROM shelf WHERE topic = ? AND key = ?", where)
        return
    body = _pack(change)
    digest = _digest(body)
    last = tx.execute(
        "SELECT number, digest FROM shelf WHERE topic = ? AND key = ? ORDER BY number DESC", where
    ).fetchone()
    if last is None or last[1] != digest:
        number = 0 if last is None else last[0] + 1
        row = (*where, number, body, digest)
        tx.execute("INSERT INTO shelf VALUES (?, ?, ?, ?, ?)", row)
        oldest = number - 1 if change.topic == topics.SNAPSHOTS.name else number
        tx.execute("DELETE FROM shelf WHERE topic = ? AND key = ? AND number < ?", (*where, oldest))
    elif change.topic == topics.SNAPSHOTS.name:  # the copy on disk may be damaged: write it again
        tx.execute(
            "UPDATE shelf SET body = ? WHERE topic = ? AND key = ? AND number = ?",
            (body, *where, last[0]),
        )


def _pack(change: Change) -> bytes:
    """What is kept: the record, but of consents only what they come to.

    There is one for each recipient, and a start must not take longer than it takes to read them.
    """
    word = change.value
    if not isinstance(word, Word):
        return change.body
    return f"{int(word.bits)} {word.granted.isoformat() if word.granted else ''}".encode()


def _nobody(tenant: str, recipient_id: str) -> str:
    """Other records are about no recipient."""
    raise AssertionError("consents are unpacked, not read")


def _unpack(key: str, body: bytes) -> Change:
    tenant, _, pseudonym = key.partition("/")
    bits, _, granted = body.decode().partition(" ")
    word = Word(Standing(int(bits)), datetime.fromisoformat(granted) if granted else None)
    return Change(About.RECIPIENT, tenant, pseudonym, word, topics.CONSENTS.name, key, body)


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()
