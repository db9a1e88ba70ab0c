"""The event log as one SQLite file that several processes share: the embedded adapter.

A partition is a stream; a record's row id is its stream's number and its offset in one integer,
so that appending and reading are both plain walks along the primary key.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dramatis.runtime import log_metrics, partition, topics
from dramatis.runtime.clock import Clock, now
from dramatis.runtime.event_log import NewRecord, Position, Record, StartFrom, Subscription
from dramatis.runtime.log_metrics import GroupMeter
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sqlite import Database, Transaction
from dramatis.runtime.topics import Topic, check_topics

FILE_NAME = "log.sqlite3"
FOLLOW_SECONDS = 0.015
_OFFSET_BITS = 44
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_SCHEMA = """
CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next_offset INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, partition)
);
CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    key TEXT NOT NULL,
    event_id TEXT NOT NULL,
    value BLOB NOT NULL,
    headers TEXT NOT NULL
);
CREATE TABLE latest (
    stream INTEGER NOT NULL,
    key TEXT NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (stream, key)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class _Stream:
    id: int
    topic: str
    partition: int

    def row(self, offset: int) -> int:
        return (self.id << _OFFSET_BITS) | offset


class SqliteLog:
    """An `EventLog` on a file. Any number of processes may have it open."""

    def __init__(self, database: Database, known: Mapping[str, Topic], clock: Clock) -> None:
        self._database = database
        self._topics = known
        self._clock = clock
        self._streams: dict[str, list[_Stream]] = {}
        self._appended = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, known: Mapping[str, Topic] = topics.ALL, clock: Clock = now
    ) -> AsyncIterator["SqliteLog"]:
        """Opens the log, makes it if missing.

        Raises:
            Unavailable: the file cannot be used; the message says what to do.
        """
        async with Database.open(path, [_SCHEMA]) as database:
            log = cls(database, known, clock)
            streams = await database.read(_load_streams)
            if known.keys() - {stream.topic for stream in streams}:
                streams = await database.write(lambda tx: _add_streams(tx, known))
            for stream in streams:
                log._streams.setdefault(stream.topic, []).append(stream)
            yield log

    async def append(self, records: Sequence[NewRecord]) -> Sequence[Position]:
        """See `EventLog`. One transaction: all of the records or none."""
        check_topics({record.topic for record in records}, self._topics)
        positions = await self._database.write(lambda tx: self._insert(tx, records))
        self._appended.set()
        log_metrics.appended(records)
        return positions

    def _insert(self, tx: Transaction, records: Sequence[NewRecord]) -> Sequence[Position]:
        time = (self._clock() - _EPOCH) // timedelta(microseconds=1)
        streams = [self._stream(record) for record in records]
        ends = {stream: _end(tx, stream) for stream in set(streams)}
        positions: list[Position] = []
        rows: dict[int, tuple[object, ...]] = {}
        latest: dict[tuple[int, str], int] = {}
        for record, stream in zip(records, streams, strict=True):
            offset = ends[stream]
            ends[stream] = offset + 1
            row = stream.row(offset)
            positions.append(Position(record.topic, stream.partition, offset))
            if self._topics[record.topic].compacted:
                rows.pop(latest.get((stream.id, record.key), -1), None)
                latest[stream.id, record.key] = row
            headers = json.dumps(dict(record.headers), separators=(",", ":"))
            rows[row] = (row, time, record.key, record.event_id, record.value, headers)
        tx.executemany(
            "DELETE FROM records WHERE id = (SELECT id FROM latest WHERE stream = ? AND key = ?)",
            latest.keys(),
        )
        tx.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?)", rows.values())
        tx.executemany(
            "INSERT OR REPLACE INTO latest VALUES (?, ?, ?)",
            [(*key, row) for key, row in latest.items()],
        )
        tx.executemany(
            "UPDATE streams SET next_offset = ? WHERE id = ?",
            [(end, stream.id) for stream, end in ends.items()],
        )
        return positions

    def _stream(self, record: NewRecord) -> _Stream:
        streams = self._streams[record.topic]
        return streams[partition.of(record.key, len(streams))]

    async def lacking(self, topic: str, header: str, most: int) -> Sequence[Record]:
        """The first records of a topic that lack a header, at most so many."""
        check_topics({topic}, self._topics)
        streams = self._streams[topic]
        mark = f"%{json.dumps(header)}%"

        def work(tx: Transaction) -> Sequence[Record]:
            found: list[Record] = []
            for stream in streams:
                found += _records(tx, stream, 0, most - len(found), "headers NOT LIKE ?", mark)
            return found

        return await self._database.read(work)

    async def held(self, topic: str, keys: Collection[str]) -> Collection[str]:
        """Those of the keys of which a compacted topic holds a record."""
        rows = await self._database.read(
            lambda tx: tx.execute(
                "SELECT key FROM latest JOIN streams ON streams.id = latest.stream WHERE topic = ?"
                " AND key IN (SELECT value FROM json_each(?))",
                (topic, json.dumps(list(keys))),
            ).fetchall()
        )
        return {key for (key,) in rows}

    async def remove(self, records: Sequence[Record]) -> None:
        """Takes records out for good, with their bytes."""
        streams = {
            (each.topic, each.partition): each for on in self._streams.values() for each in on
        }
        ids = [(streams[each.topic, each.partition].row(each.offset),) for each in records]

        def work(tx: Transaction) -> None:
            tx.execute("PRAGMA secure_delete = ON")
            tx.executemany("DELETE FROM records WHERE id = ?", ids)
            tx.executemany("DELETE FROM latest WHERE id = ?", ids)

        await self._database.write(work)

    async def _appended_within(self, seconds: float) -> None:
        """Returns when this process has appended, at the latest after that time."""
        self._appended.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._appended.wait()

    @asynccontextmanager
    async def subscribe(
        self, topics: Collection[str], group: str, start: StartFrom
    ) -> AsyncIterator[Subscription]:
        """See `EventLog`. Every member of a group gets all partitions."""
        yield self._subscription(topics, await start(), group)

    @asynccontextmanager
    async def tail(
        self, topics: Collection[str], start: LogToken | None = None
    ) -> AsyncIterator[Subscription]:
        """See `EventLog`."""
        yield self._subscription(topics, start or LogToken())

    def _subscription(
        self, topics: Collection[str], start: LogToken, group: str = ""
    ) -> "_SqliteSubscription":
        check_topics(topics, self._topics)
        streams = [stream for topic in topics for stream in self._streams[topic]]
        return _SqliteSubscription(self, streams, start, GroupMeter(group))

    async def end(self, topics: Collection[str]) -> LogToken:
        """See `EventLog`."""
        check_topics(topics, self._topics)
        rows = await self._database.read(
            lambda tx: tx.execute("SELECT topic, partition, next_offset FROM streams").fetchall()
        )
        return LogToken(
            {(topic, part): end for topic, part, end in rows if end and topic in topics}
        )


class _SqliteSubscription:
    def __init__(
        self, log: SqliteLog, streams: Sequence[_Stream], start: LogToken, meter: GroupMeter
    ) -> None:
        self._log = log
        self._meter = meter
        self._next = {each: start.next_offset(each.topic, each.partition) for each in streams}

    @property
    def position(self) -> LogToken:
        return LogToken({(at.topic, at.partition): end for at, end in self._next.items() if end})

    async def poll(self, max_records: int, wait_seconds: float) -> Sequence[Record]:
        """The next records. Others' appends are seen within FOLLOW_SECONDS, our own at once."""
        loop, database = asyncio.get_running_loop(), self._log._database
        deadline = loop.time() + wait_seconds
        while True:
            version = self._log._database.version()
            taken = await self._log._database.read(lambda tx: self._take(tx, max_records))
            records = taken.records
            self._next.update(taken.reached)
            self._meter.handed(records, taken.left)
            if records or loop.time() >= deadline:
                return records
            while database.version() == version and loop.time() < deadline:
                await self._log._appended_within(min(FOLLOW_SECONDS, deadline - loop.time()))

    def _take(self, tx: Transaction, max_records: int) -> "_Taken":
        """The next records."""
        ends = dict(tx.execute("SELECT id, next_offset FROM streams"))
        behind = [at for at, place in self._next.items() if place < ends[at.id]]
        records: list[Record] = []
        reached: dict[_Stream, int] = {}
        for done, stream in enumerate(behind):
            share = -(-(max_records - len(records)) // (len(behind) - done))
            if not share:
                break
            taken = list(_records(tx, stream, self._next[stream], share))
            records += taken
            reached[stream] = taken[-1].offset + 1 if len(taken) == share else ends[stream.id]
        places = self._next | reached
        left = {(at.topic, at.partition): ends[at.id] - place for at, place in places.items()}
        return _Taken(records, reached, left)


@dataclass(frozen=True, slots=True)
class _Taken:
    """Records, where the streams that moved are then, and how many are left in each partition."""

    records: Sequence[Record]
    reached: Mapping[_Stream, int]
    left: Mapping[tuple[str, int], int]


def _records(
    tx: Transaction, stream: _Stream, start: int, limit: int, which: str = "true", *given: str
) -> Iterator[Record]:
    rows = tx.execute(
        "SELECT id, time, key, event_id, value, headers FROM records"  # noqa: S608
        f" WHERE id >= ? AND id < ? AND {which} ORDER BY id LIMIT ?",
        (stream.row(start), stream.row(0) + (1 << _OFFSET_BITS), *given, limit),
    )
    topic, number, base = stream.topic, stream.partition, stream.row(0)
    for row, time, key, event_id, value, headers in rows:
        when = _EPOCH + timedelta(microseconds=time)
        yield Record(topic, number, row - base, when, key, event_id, value, json.loads(headers))


def _end(tx: Transaction, stream: _Stream) -> int:
    row = tx.execute("SELECT next_offset FROM streams WHERE id = ?", (stream.id,)).fetchone()
    return int(row[0])


def _load_streams(tx: Transaction) -> Sequence[_Stream]:
    rows = tx.execute("SELECT id, topic, partition FROM streams ORDER BY topic, partition")
    return [_Stream(*row) for row in rows]


def _add_streams(tx: Transaction, known: Mapping[str, Topic]) -> Sequence[_Stream]:
    """Makes topics that are missing. One that is there keeps its partitions: keys must not move."""
    present = {stream.topic for stream in _load_streams(tx)}
    tx.executemany(
        "INSERT INTO streams (topic, partition) VALUES (?, ?)",
        [
            (topic.name, number)
            for topic in known.values()
            if topic.name not in present
            for number in range(topic.partitions)
        ],
    )
    return _load_streams(tx)
