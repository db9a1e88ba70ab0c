"""A place in the event log as one opaque string: how a client reads its own writes.

A write answers with a token that covers what it wrote. A read that carries the token waits until
its service has consumed that far.
"""

import base64
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from dramatis.core.errors import Invalid

MAX_TEXT = 8_192
_TEXT = re.compile(r"1(;[a-z0-9-]{1,64}:\d{1,5}:\d{1,15})*")


class _Located(Protocol):
    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...


@dataclass(frozen=True, slots=True)
class LogToken:
    """For each (topic, partition) the offset up to which, exclusive, the log is covered.

    >>> written = LogToken({("plans", 0): 5})
    >>> applied = LogToken({("plans", 0): 7, ("decisions", 1): 2})
    >>> applied.covers(written), written.covers(applied)
    (True, False)
    >>> LogToken.decode(written.encode()) == written
    True
    """

    next_offsets: Mapping[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def after(cls, positions: Iterable[_Located]) -> "LogToken":
        """The smallest token that covers all of these records."""
        ends: dict[tuple[str, int], int] = {}
        for at in positions:
            place = (at.topic, at.partition)
            ends[place] = max(ends.get(place, 0), at.offset + 1)
        return cls(ends)

    def covers(self, other: "LogToken") -> bool:
        """Whether everything that `other` covers is covered here too."""
        mine = self.next_offsets
        return all(mine.get(place, 0) >= end for place, end in other.next_offsets.items())

    def merge(self, other: "LogToken") -> "LogToken":
        """The smallest token that covers both."""
        ends = dict(self.next_offsets)
        for place, end in other.next_offsets.items():
            ends[place] = max(ends.get(place, 0), end)
        return LogToken(ends)

    def only(self, topics: Collection[str]) -> "LogToken":
        """The part that lies in these topics."""
        return LogToken({at: end for at, end in self.next_offsets.items() if at[0] in topics})

    def next_offset(self, topic: str, partition: int) -> int:
        """The first offset that is not covered, 0 where nothing is."""
        return self.next_offsets.get((topic, partition), 0)

    def __iter__(self) -> Iterator[tuple[str, int, int]]:
        """Yields (topic, partition, next offset), sorted."""
        for (topic, partition), end in sorted(self.next_offsets.items()):
            yield topic, partition, end

    def encode(self) -> str:
        """The token as a client carries it; the empty token is the empty string."""
        if not self.next_offsets:
            return ""
        text = "1" + "".join(f";{topic}:{partition}:{end}" for topic, partition, end in self)
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, field: str = "min_log_token") -> "LogToken":
        """The token that `encode` wrote.

        Raises:
            Invalid: the text is not one of ours; `field` names where it was.
        """
        if not text:
            return cls()
        try:
            if len(text) > MAX_TEXT:
                raise ValueError
            plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            parts = plain.decode("ascii")
            if not _TEXT.fullmatch(parts):
                raise ValueError
        except ValueError:
            raise Invalid(
                f"{field} is not a log token: pass on what a write returned, unchanged",
                reason="BAD_LOG_TOKEN",
                field=field,
            ) from None
        places = (part.split(":") for part in parts.split(";")[1:])
        return cls({(topic, int(partition)): int(end) for topic, partition, end in places})
