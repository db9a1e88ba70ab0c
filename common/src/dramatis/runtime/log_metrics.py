"""What the event log counts, whichever keeps it."""

from typing import Final

from prometheus_client import Counter, Gauge

APPENDED: Final = Counter(
    "dramatis_log_appended_records_total", "Records that were acknowledged.", ("topic",)
)
CONSUMED: Final = Counter(
    "dramatis_log_consumed_records_total", "Records that a group was handed.", ("topic", "group")
)
LAG: Final = Gauge(
    "dramatis_log_lag_records",
    "Records between a group's place and the end of the partition, as last seen.",
    ("topic", "partition", "group"),
)
