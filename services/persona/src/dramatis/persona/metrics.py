"""What persona counts."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

EVENTS: Final = Counter(
    "dramatis_persona_events_total",
    "Events of recipients taken in, by outcome: fresh or repeated.",
    ("outcome",),
)
UNPROFILED_EVENTS: Final = Counter(
    "dramatis_persona_unprofiled_events_total",
    "Events of recipients who may not be profiled or were erased: no features are made of them.",
)
UNPROFILED_RECIPIENTS: Final = Gauge(
    "dramatis_persona_unprofiled_recipients",
    "Recipients who may not be profiled, counted once a minute: excluded everywhere.",
)
SNAPSHOTS: Final = Counter("dramatis_persona_snapshots_total", "Snapshots written to the log.")
SNAPSHOT_BYTES: Final = Histogram(
    "dramatis_persona_snapshot_bytes",
    "Size of each snapshot that was written.",
    buckets=(1e4, 1e5, 1e6, 2e6, 5e6, 10e6, 25e6, 50e6),
)
RECLUSTER_SECONDS: Final = Histogram(
    "dramatis_persona_recluster_seconds",
    "Seconds from the call to the first snapshot of the new personas.",
    buckets=(0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64),
)
QUERY_SECONDS: Final = Histogram(
    "dramatis_persona_query_seconds", "Seconds of a question to the network."
)
CHANGES: Final = Counter(
    "dramatis_persona_changes_total",
    "What happened to personas: born, split, merged or faded.",
    ("change",),
)
FORMINGS: Final = Counter(
    "dramatis_persona_formings_total",
    "Sets of personas formed, by cause: begun, asked, emerged or drifted.",
    ("cause",),
)
