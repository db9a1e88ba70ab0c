"""Dead letters as they lie in the log, and which of them were sent once more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dramatis.runtime import topics
from dramatis.runtime.event_log import NewRecord, Record

REPLAYED: Final = "dramatis_replayed"
"""Header of a mark: the id of the letter that was sent once more."""
_OURS: Final = "dramatis_"
_PAIRED: Final = frozenset({"dramatis_unreadable"})
"""What says of the record itself, not of the letter."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter.

    Attributes:
        record: as it lies in the log.
        replayed: whether it was sent once more.
    """

    record: Record
    replayed: bool = False

    @property
    def id(self) -> str:
        """Which letter it is; the same place gives the same one."""
        return self.record.event_id

    def header(self, name: str) -> str:
        """What the letter says of itself: reason, message, group, topic, partition, ..."""
        return self.record.headers.get(_OURS + name, "")

    @property
    def tenant(self) -> str:
        """Whose it is."""
        return self.header("key").partition("/")[0]

    @property
    def was_admitted(self) -> bool:
        """Whether it was a record of its topic, rather than turned away at the door."""
        return bool(self.header("offset"))

    def original(self) -> NewRecord:
        """What it is made of, to be appended once more under its own event id."""
        kept = {
            name: text
            for name, text in self.record.headers.items()
            if not name.startswith(_OURS) or name in _PAIRED
        }
        return NewRecord(
            self.header("topic"), self.header("key"), self.header("event_id"),
            self.record.value, kept,
        )  # fmt: skip

    def mark(self) -> NewRecord:
        """The record that says that it was sent once more. It is about whom the letter is about."""
        headers = {REPLAYED: self.id} | {
            f"dramatis_{name}": self.header(name) for name in ("topic", "key", "event_id")
        }
        name = topics.DEAD_LETTERS.name
        return NewRecord(name, self.record.key, f"replayed:{self.id}", b"", headers)


@dataclass(frozen=True)
class Filter:
    """Which letters are meant; what is empty means all.

    Attributes:
        reason, topic, group, tenant, id: as the letter says.
        since, until: when it was written.
    """

    reason: str = ""
    topic: str = ""
    group: str = ""
    tenant: str = ""
    id: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, letter: Letter) -> bool:
        """Whether this letter is meant."""
        told = (("reason", self.reason), ("topic", self.topic), ("group", self.group))
        return (
            all(not wanted or letter.header(name) == wanted for name, wanted in told)
            and self.tenant in ("", letter.tenant)
            and self.id in ("", letter.id)
            and (self.since is None or letter.record.time >= self.since)
            and (self.until is None or letter.record.time < self.until)
        )


def gather(records: Iterable[Record]) -> list[Letter]:
    """The letters among the records, oldest first; one that was written twice counts once."""
    letters: dict[str, Record] = {}
    replayed: set[str] = set()
    for record in records:
        if mark := record.headers.get(REPLAYED):
            replayed.add(mark)
        else:
            letters.setdefault(record.event_id, record)
    found = [Letter(record, record.event_id in replayed) for record in letters.values()]
    return sorted(found, key=lambda letter: letter.record.time)
