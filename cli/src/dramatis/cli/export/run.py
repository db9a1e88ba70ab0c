"""Events from the log into Parquet, from where the last run ended to the present end."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from dramatis.cli.export import parts, position
from dramatis.cli.export.columns import schema
from dramatis.cli.export.parts import Batch
from dramatis.cli.export.position import Asked, Standing
from dramatis.cli.export.seen import Seen
from dramatis.cli.service_log import read_to_end
from dramatis.core.errors import Invalid
from dramatis.runtime import topics
from dramatis.runtime.event_log import EventLog, Record
from dramatis.runtime.keyring.names import Names

ROWS: Final = 50_000
"""A part is written after so many."""

ToRow = Callable[[bytes], tuple[datetime, dict[str, Any]]]


@dataclass(frozen=True)
class Range:
    """Which events are asked for."""

    tenant: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @staticmethod
    def of(asked: Asked) -> "Range":
        """The range that an export holds."""
        since, until = (datetime.fromisoformat(each) if each else None
                        for each in (asked.since, asked.until))  # fmt: skip
        return Range(asked.tenant, since, until)

    def holds(self, tenant: str, time: datetime) -> bool:
        """Whether an event belongs to it."""
        return (
            self.tenant in ("", tenant)
            and (self.since is None or time >= self.since)
            and (self.until is None or time < self.until)
        )


class Export:
    """One run.

    Args:
        folder: where to.
        standing: how far the folder is.
        names: pseudonyms.
        to_row: reads an event.
        part_rows: a part is written after so many rows.
    """

    def __init__(
        self, folder: Path, standing: Standing, names: Names, to_row: ToRow, part_rows: int = ROWS
    ) -> None:
        self._folder, self._names, self._to_row = folder, names, to_row
        self._schema = schema(with_ids=standing.asked.with_ids)
        self._range = Range.of(standing.asked)
        self._seen = Seen(folder)
        self._batch = Batch(self._schema)
        self._part_rows = part_rows
        self.standing = standing
        self.counts: Counter[str] = Counter()

    async def run(self, log: EventLog, tell: Callable[[int], None]) -> None:
        """Writes what is in the log and not in the folder yet; tells how many events it has read.

        Killed at any moment, the next run goes on as if this one had ended after its last part.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        parts.drop_from(self._folder, self.standing.parts)
        topic, place = topics.RECIPIENT_EVENTS.name, self.standing.position
        async for records, place in read_to_end(log, {topic}, self.standing.position):
            for record in records:
                self._take(record)
            tell(len(records))
            if self._batch.rows >= self._part_rows:
                self._write(place)
        if place != self.standing.position:
            self._write(place)

    def _take(self, record: Record) -> None:
        tenant, _, recipient_id = record.key.partition("/")
        try:
            if record.fault:
                raise record.fault
            time, row = self._to_row(record.value)
        except Invalid:
            self.counts["unreadable"] += 1
            return
        event = self._names.event(tenant, record.event_id)
        if not self._range.holds(tenant, time):
            return
        if not self._seen.is_new(time.date(), tenant, event):
            self.counts["twice"] += 1
            return
        row |= {
            "tenant": tenant, "event": event, "log_time": record.time,
            "recipient": self._names.pseudonym(tenant, recipient_id),
            "log_partition": record.partition, "log_offset": record.offset,
            "event_id": record.event_id, "recipient_id": recipient_id,
        }  # fmt: skip
        self._batch.add(time.date(), row)
        self.counts["events"] += 1

    def _write(self, place: Any) -> None:
        """Makes a part durable, then says so."""
        self._batch.write(self._folder, self.standing.parts)
        self.standing = self.standing.after(place, self._batch.rows)
        position.save(self._folder, self.standing)
        self._batch = Batch(self._schema)
        self._seen.forget_some()
