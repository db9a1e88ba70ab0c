"""The event log: what services write for one another, and how they read it.

The port promises only what Kafka keeps too: order per key (a key lives in one partition), at
least once delivery, durability on acknowledgement. It does not promise one order over a topic,
consecutive offsets, atomic appends over several records, or that a compacted topic still holds
an older record of a key.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from dramatis.core.errors import DramatisError
from dramatis.runtime.log_token import LogToken

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to append.

    Attributes:
        topic: a name in `topics.ALL`.
        key: decides the partition; records of one key keep their order.
        event_id: unique per thing that happened; readers drop what they have seen.
        value: the payload. In a compacted topic an empty value removes the key.
        headers: CloudEvents 1.0 names (`ce_type`, `ce_source`, `ce_time`, ...); see `envelope`.
    """

    topic: str
    key: str
    event_id: str
    value: bytes
    headers: Headers = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was read: what was appended, and where and when (UTC) it landed.

    One that cannot be read, such as one whose seal is broken, comes as it lies there, with the
    `fault` that makes it a dead letter.
    """

    topic: str
    partition: int
    offset: int
    time: datetime
    key: str
    event_id: str
    value: bytes
    headers: Headers
    fault: DramatisError | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where one record lies. Offsets grow within a partition, with gaps."""

    topic: str
    partition: int
    offset: int


class Overtaken(Exception):
    """Another member of the group has applied what was about to be applied here.

    The store raises it, instead of saving a position that is behind its own: nothing of the
    transaction is kept, and the reader subscribes anew.
    """


class Subscription(Protocol):
    """Records in the order of each partition, from one reader's place in the log."""

    async def poll(self, max_records: int, wait_seconds: float) -> Sequence[Record]:
        """Returns the next records, at least one if any comes within `wait_seconds`.

        Not safe to call twice at once. A cancelled poll loses nothing: its records come again.
        May return fewer than `max_records` although more are there.

        Raises:
            Unavailable: the log cannot be read at the moment; poll again later.
        """
        ...

    @property
    def position(self) -> LogToken:
        """Covers every record that `poll` has handed out; grows past compacted gaps."""
        ...


StartFrom = Callable[[], Awaitable[LogToken]]
"""What a reader has applied already, asked of its own store when partitions are assigned to it
(on Kafka: again at every rebalance). A partition that it does not name is read from its start."""


class EventLog(Protocol):
    """A durable, partitioned log that several processes write and read at the same time."""

    async def append(self, records: Sequence[NewRecord]) -> Sequence[Position]:
        """Writes the records and returns where each landed; on return they survive a kill -9.

        Records of one key in one call keep their order, and follow those of calls that returned
        before. After an error, or when cancelled, any part of the call may have been written:
        append again with the same event ids.

        Raises:
            Invalid: no such topic.
            Unavailable: not written, or not known to be; the message says what to do.
        """
        ...

    def subscribe(
        self, topics: Collection[str], group: str, start: StartFrom
    ) -> AbstractAsyncContextManager[Subscription]:
        """Reads the topics from where this group's store says that it is.

        Members of a group may share the partitions (Kafka) or each see all of them (embedded,
        where a service is one process): the store of the group must drop what it has applied.
        The log keeps no offsets of readers.

        Raises:
            Invalid: no such topic.
        """
        ...

    def tail(
        self, topics: Collection[str], start: LogToken | None = None
    ) -> AbstractAsyncContextManager[Subscription]:
        """Reads all of the topics, then follows; each caller sees everything.

        From the beginning, or after what `start` covers. Of a compacted topic at least the latest
        record of each key comes; older ones of the same key may come before. Loaded is when
        `position` covers the `end` that was taken before the first poll.

        Raises:
            Invalid: no such topic.
        """
        ...

    async def end(self, topics: Collection[str]) -> LogToken:
        """Covers everything that is in the topics now.

        Raises:
            Invalid: no such topic.
            Unavailable: the log cannot be read at the moment.
        """
        ...
