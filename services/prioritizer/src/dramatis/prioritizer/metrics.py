"""Every metric of the prioritizer; nothing else makes one."""

from prometheus_client import Counter, Gauge, Histogram

DECISIONS = Counter(
    "dramatis_prioritizer_decisions_total", "Recipients decided about, by rung.", ("rung",)
)
SUPPRESSED = Counter(
    "dramatis_prioritizer_suppressed_total",
    "Recipients to whom nothing may be sent, by reason.",
    ("reason",),
)
BAD_ITEMS = Counter(
    "dramatis_prioritizer_bad_items_total", "Items of a batch that could not be decided."
)
UNLOGGED = Counter(
    "dramatis_prioritizer_unlogged_decisions_total",
    "Decisions answered without being kept, because the store was not there in time.",
)
CORRUPT = Counter(
    "dramatis_prioritizer_corrupt_records_total",
    "Records that are damaged, by topic and by where they were read from (disk, log).",
    ("topic", "place"),
)
FAILED_TABLES = Counter(
    "dramatis_prioritizer_failed_tables_total",
    "Times that a tenant's tables could not be made of what the log says; the former go on.",
)
AWAITED = Gauge(
    "dramatis_prioritizer_awaited_snapshots",
    "Tenants whose newest snapshot is still to be fetched; the one before goes on deciding.",
)
FETCHES = Counter(
    "dramatis_prioritizer_snapshot_fetches_total",
    "Large snapshots that came, by outcome: fetched, kept (on disk already), failed (tried again).",
    ("outcome",),
)
SNAPSHOT_TIME = Gauge(
    "dramatis_prioritizer_snapshot_create_time_seconds",
    "When the oldest snapshot that answers was made, in seconds since 1970.",
)
SCORING_SECONDS = Histogram(
    "dramatis_prioritizer_scoring_seconds",
    "Seconds from attributes to ranking, per call.",
    buckets=(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1),
)
RELAYED = Counter(
    "dramatis_prioritizer_relayed_records_total",
    "Decisions, sends and responses written to the event log.",
)
