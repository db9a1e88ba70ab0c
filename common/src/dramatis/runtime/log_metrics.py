"""What the event log counts, whichever keeps it."""

from collections import Counter as Counts
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Final

from prometheus_client import Counter, Gauge

from dramatis.runtime.event_log import NewRecord, Record

APPENDED: Final = Counter(
    "dramatis_log_appended_records_total", "Records that were acknowledged.", ("topic",)
)
CONSUMED: Final = Counter(
    "dramatis_log_consumed_records_total", "Records that a group was handed.", ("topic", "group")
)
LAG: Final = Gauge(
    "dramatis_log_lag_records",
    "Records between what a group was handed and the end of the partition, as last seen.",
    ("topic", "partition", "group"),
)

Place = tuple[str, int]
"""A topic and a number of partition."""


def appended(records: Iterable[NewRecord]) -> None:
    """Records are durable."""
    for topic, count in Counts(each.topic for each in records).items():
        APPENDED.labels(topic).inc(count)


class GroupMeter:
    """Tells of one member of a group; of a reader without a group it tells nothing."""

    def __init__(self, group: str) -> None:
        self._group = group

    def handed(self, records: Iterable[Record], lags: Mapping[Place, int]) -> None:
        """Records were handed out, and so many are left in each partition."""
        if not self._group:
            return
        for topic, count in Counts(each.topic for each in records).items():
            CONSUMED.labels(topic, self._group).inc(count)
        for (topic, partition), lag in lags.items():
            LAG.labels(topic, str(partition), self._group).set(max(0, lag))

    def forget(self, places: Collection[Place]) -> None:
        """These are no longer this member's to tell of."""
        for topic, partition in places:
            with suppress(KeyError):
                LAG.remove(topic, str(partition), self._group)
