"""The last good state on disk: the latest record of each key, and the last few snapshots.

Snapshots are files of their own; release 0.1.0 kept them with all else, and there they are read
until the first file is written.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from dramatis.core.errors import Invalid, Unavailable
from dramatis.core.snapshot import SnapshotReference
from dramatis.prioritizer import metrics
from dramatis.prioritizer.adapters.records import nobody, to_change
from dramatis.prioritizer.adapters.snapshot_files import SnapshotFiles
from dramatis.prioritizer.domain.standing import Standing
from dramatis.prioritizer.ports import About, Batch, Change, Kept, Listing, Word
from dramatis.runtime import topics
from dramatis.runtime.sqlite import Database, Transaction

_logger = structlog.get_logger(__name__)


class SqliteShelf:
    """A `Shelf` in an SQLite file and a folder."""

    def __init__(self, database: Database, files: SnapshotFiles) -> None:
        self._database = database
        self._files = files

    async def load(self) -> Kept:
        """See `Shelf`."""
        kept = await self._database.read(_load)
        snapshots = {each.key: each for each in kept.changes if each.about is About.SNAPSHOT}
        snapshots |= await asyncio.to_thread(lambda: dict(_snapshots(self._files)))
        others = [each for each in kept.changes if each.about is not About.SNAPSHOT]
        return replace(kept, changes=[*others, *snapshots.values()])

    async def find(self, reference: SnapshotReference) -> Change | None:
        """See `Shelf`."""
        return await asyncio.to_thread(_find, self._files, reference)

    async def save(self, batch: Batch) -> None:
        """See `Shelf`."""
        if not await self._save_snapshots(batch.changes):
            others = [each for each in batch.changes if each.about is not About.SNAPSHOT]
            batch = replace(batch, changes=others)
        try:
            await self._database.write(lambda tx: _save(tx, batch))
        except Unavailable as error:
            _logger.warning("state not kept on disk", reason=error.reason)

    async def _save_snapshots(self, changes: Sequence[Change]) -> bool:
        """Keeps the last one of each tenant; False where the disk fails."""
        snapshots = {each.tenant: each for each in changes if each.about is About.SNAPSHOT}
        try:
            for each in snapshots.values():
                await asyncio.to_thread(self._files.save, each.tenant, each.body)
        except OSError as error:
            _logger.warning("snapshot not kept on disk", reason=error.strerror)
            return False
        return True


def _snapshots(files: SnapshotFiles) -> Iterator[tuple[str, Change]]:
    """Yields the newest sound snapshot of each tenant, with its key."""
    for tenant in files.tenants():
        for body in files.read(tenant):
            if (change := _opened(tenant, body)) is not None:
                yield tenant, change
                break


def _find(files: SnapshotFiles, reference: SnapshotReference) -> Change | None:
    body = files.find(reference.tenant, reference.sha256)
    return None if body is None else _opened(reference.tenant, body)


def _opened(tenant: str, body: bytes | None) -> Change | None:
    """The snapshot in a file; None where it is damaged."""
    topic = topics.SNAPSHOTS.name
    try:
        if body is None:
            raise Invalid("its digest does not fit")
        return to_change(topic, tenant, body, nobody)
    except Exception:  # whatever is wrong with it, the start goes on without it
        _complain(topic)
        return None


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
        return to_change(topic, key, body, nobody)
    except Exception:  # whatever is wrong with it, the start goes on without it
        _complain(topic)
        return None


def _complain(topic: str) -> None:
    metrics.CORRUPT.labels(topic, "disk").inc()
    _logger.error("record on disk is damaged, using the one before", topic=topic)


def _save(tx: Transaction, batch: Batch) -> None:
    for change in batch.changes:
        _put(tx, change)
    if batch.current:
        tx.execute("INSERT OR IGNORE INTO shelf_complete VALUES (1)")


def _put(tx: Transaction, change: Change) -> None:
    where = (change.topic, change.key)
    if not change.body or change.about is About.SNAPSHOT:
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
        tx.execute("DELETE FROM shelf WHERE topic = ? AND key = ? AND number < ?", (*where, number))


def _pack(change: Change) -> bytes:
    """What is kept: the record, but of consents only what they come to.

    There is one for each recipient, and a start must not take longer than it takes to read them.
    """
    word = change.value
    if not isinstance(word, Word):
        return change.body
    return f"{int(word.bits)} {word.granted.isoformat() if word.granted else ''}".encode()


def _unpack(key: str, body: bytes) -> Change:
    tenant, _, pseudonym = key.partition("/")
    bits, _, granted = body.decode().partition(" ")
    word = Word(Standing(int(bits)), datetime.fromisoformat(granted) if granted else None)
    return Change(About.RECIPIENT, tenant, pseudonym, word, topics.CONSENTS.name, key, body)


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()
