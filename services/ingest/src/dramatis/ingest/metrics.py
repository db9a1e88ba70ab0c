"""What ingest counts. Each rule of admission has its own series: what it decided, how often."""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from dramatis.ingest.app.feeds import Taken
from dramatis.ingest.domain.notes import Note
from dramatis.ingest.domain.verdict import Verdict

ITEMS: Final = Counter(
    "dramatis_ingest_items_total",
    "Items of batches, by what they were, the rule that decided and the outcome.",
    ("kind", "rule", "outcome"),
)
FIELDS: Final = Counter(
    "dramatis_ingest_fields_total",
    "Fields that were dropped, hashed or cut, by kind of item, rule and path.",
    ("kind", "rule", "field", "action"),
)
ERASURES: Final = Counter("dramatis_ingest_erasures_total", "Recipients erased on request.")
FOLLOWED: Final = Counter(
    "dramatis_ingest_followed_events_total", "Events of the log taken into the store."
)
EDGE_REQUESTS: Final = Counter(
    "dramatis_ingest_edge_requests_total",
    "Requests over HTTP, by door, provider of a webhook and status; 0: nobody waited for it.",
    ("door", "provider", "status"),
)
EDGE_SECONDS: Final = Histogram(
    "dramatis_ingest_edge_request_seconds", "How long requests over HTTP take, by door.", ("door",)
)
BAD_SIGNATURES: Final = Counter(
    "dramatis_ingest_edge_bad_signatures_total",
    "Webhooks and links that were not signed as they should be.",
    ("provider",),
)
SPOOL_WAITING: Final = Gauge(
    "dramatis_ingest_edge_spool_events", "Opens and clicks that are not in the log yet."
)
SPOOL_LOST: Final = Counter(
    "dramatis_ingest_edge_spool_lost_events_total",
    "Opens and clicks that never came into the log.",
)

CONNECTOR_ITEMS: Final = Counter(
    "dramatis_ingest_connector_items_total",
    "What connectors brought, by connector and what became of it.",
    ("connector", "outcome"),
)
CONNECTOR_ERRORS: Final = Counter(
    "dramatis_ingest_connector_errors_total",
    "What went wrong, by connector and reason: readings that failed, pieces that are broken.",
    ("connector", "reason"),
)
CONNECTOR_LAG: Final = Gauge(
    "dramatis_ingest_connector_lag_seconds",
    "Age of the newest item of the last batch that had one.",
    ("connector",),
)
CONNECTOR_SUCCESS: Final = Gauge(
    "dramatis_ingest_connector_last_success_timestamp_seconds",
    "When a source was last read, whether it had something new or not.",
    ("connector",),
)
CONNECTOR_HELD: Final = Gauge(
    "dramatis_ingest_connector_held", "1 where this process runs the connector.", ("connector",)
)

DISK_FREE: Final = Gauge(
    "dramatis_ingest_disk_free_bytes",
    "Room on the disk of the state folder, when a request last asked for it.",
)
THIRD_PARTY_REMOVED: Final = Counter(
    "dramatis_ingest_third_party_removed_total",
    "Recipients of whom nothing of a third party is held any more, by reason: expired, withdrawn.",
    ("reason",),
)


def count_taken(connector: str, taken: Taken, now: datetime) -> None:
    """Counts what became of a connector's batch."""
    for outcome, items in taken.outcomes.items():
        CONNECTOR_ITEMS.labels(connector, outcome).inc(items)
    CONNECTOR_SUCCESS.labels(connector).set(now.timestamp())
    if taken.newest:
        CONNECTOR_LAG.labels(connector).set((now - taken.newest).total_seconds())


def count(kind: str, verdicts: Iterable[Verdict]) -> None:
    """Counts the verdicts of a batch; `kind` is event, recipient, statement, signal or campaign."""
    for (rule, outcome), items in Tally((each.rule, each.outcome) for each in verdicts).items():
        ITEMS.labels(kind, rule, outcome.name.lower()).inc(items)


def count_fields(notes: Mapping[Note, int]) -> None:
    """Counts what was taken away of a batch."""
    for note, fields in notes.items():
        FIELDS.labels(note.kind, note.rule, note.field, note.what).inc(fields)
