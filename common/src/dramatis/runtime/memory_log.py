"""The event log in this process's memory: the adapter for tests. Nothing survives the process."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from dramatis.runtime import partition, topics
from dramatis.runtime.clock import Clock, now
from dramatis.runtime.event_log import NewRecord, Position, Record, StartFrom, Subscription
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.topics import Topic, check_topics

Place = tuple[str, int]


class MemoryLog:
    """An `EventLog` that keeps its records in lists."""

    def __init__(self, known: Mapping[str, Topic] = topics.ALL, clock: Clock = now) -> None:
        self._topics = known
        self._clock = clock
        self._records: dict[Place, list[Record]] = {
            (topic.name, number): []
            for topic in known.values()
            for number in range(topic.partitions)
        }
        self._ends: dict[Place, int] = dict.fromkeys(self._records, 0)
        self._grown = asyncio.Condition()

    async def append(self, records: Sequence[NewRecord]) -> Sequence[Position]:
        """See `EventLog`."""
        check_topics({record.topic for record in records}, self._topics)
        positions = [self._append(record) for record in records]
        async with self._grown:
            self._grown.notify_all()
        return positions

    def _append(self, new: NewRecord) -> Position:
        topic = self._topics[new.topic]
        place = (topic.name, partition.of(new.key, topic.partitions))
        offset = self._ends[place]
        self._ends[place] += 1
        if topic.compacted:
            self._records[place] = [old for old in self._records[place] if old.key != new.key]
        self._records[place].append(
            Record(
                *place, offset, self._clock(), new.key, new.event_id, new.value, dict(new.headers)
            )
        )
        return Position(*place, offset)

    @asynccontextmanager
    async def subscribe(
        self, topics: Collection[str], group: str, start: StartFrom
    ) -> AsyncIterator[Subscription]:
        """See `EventLog`."""
        check_topics(topics, self._topics)
        yield _MemorySubscription(self, topics, await start())

    @asynccontextmanager
    async def tail(
        self, topics: Collection[str], start: LogToken | None = None
    ) -> AsyncIterator[Subscription]:
        """See `EventLog`."""
        check_topics(topics, self._topics)
        yield _MemorySubscription(self, topics, start or LogToken())

    async def end(self, topics: Collection[str]) -> LogToken:
        """See `EventLog`."""
        check_topics(topics, self._topics)
        return LogToken({at: end for at, end in self._ends.items() if end and at[0] in topics})


class _MemorySubscription:
    def __init__(self, log: MemoryLog, topics: Collection[str], start: LogToken) -> None:
        self._log = log
        self._next = {at: start.next_offset(*at) for at in log._records if at[0] in topics}

    @property
    def position(self) -> LogToken:
        return LogToken({at: end for at, end in self._next.items() if end})

    async def poll(self, max_records: int, wait_seconds: float) -> Sequence[Record]:
        async with self._log._grown:
            try:
                async with asyncio.timeout(wait_seconds):
                    await self._log._grown.wait_for(self._behind)
            except TimeoutError:
                return []
        return self._take(max_records)

    def _behind(self) -> bool:
        return any(self._log._ends[at] > place for at, place in self._next.items())

    def _take(self, max_records: int) -> Sequence[Record]:
        taken: list[Record] = []
        for at, place in self._next.items():
            left = max_records - len(taken)
            new = [record for record in self._log._records[at] if record.offset >= place]
            taken += new[:left]
            self._next[at] = new[left].offset if len(new) > left else self._log._ends[at]
        return taken
