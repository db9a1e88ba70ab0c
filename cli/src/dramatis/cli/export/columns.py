"""The columns of exported events and features. They are only ever added to."""

from typing import Final

import pyarrow as pa

_TIME: Final = pa.timestamp("us", "UTC")
_TEXTS: Final = pa.list_(pa.string())

COLUMNS: Final[tuple[tuple[str, pa.DataType, str], ...]] = (
    ("tenant", pa.string(), "whose event it is"),
    ("event", pa.string(), "pseudonym of the event's id; unique within the tenant"),
    ("recipient", pa.string(), "pseudonym of the recipient, 32 hexadecimal digits"),
    ("event_time", _TIME, "when it happened; its day is the folder"),
    ("log_time", _TIME, "when it was written to the log"),
    ("log_partition", pa.int32(), "where it lies in the log"),
    ("log_offset", pa.int64(), "where it lies in the log"),
    ("kind", pa.string(), "what happened, such as order.completed or recipient_updated"),
    ("campaign_id", pa.string(), "the campaign that it answers"),
    ("decision_id", pa.string(), "the decision that it answers"),
    ("session_id", pa.string(), "the session"),
    ("session_seconds", pa.float64(), "how long the session had lasted"),
    ("device_class", pa.string(), "such as phone"),
    ("country_code", pa.string(), "ISO 3166-1 alpha-2"),
    ("region_code", pa.string(), "ISO 3166-2"),
    ("local_hour", pa.int32(), "hour of the day where the recipient was"),
    ("daypart", pa.string(), "part of the day where the recipient was"),
    ("message_id", pa.string(), "of a message: its id at the ESP"),
    ("machine", pa.bool_(), "of a message: opened or clicked by a machine"),
    ("link", pa.string(), "of a message: the link that was followed"),
    ("detail", pa.string(), "of a message: the ESP's own reason"),
    ("bounce", pa.string(), "of a message: hard or soft"),
    ("name", pa.string(), "of the site: name of a custom event"),
    ("page", pa.string(), "of the site: path of the page"),
    ("product_id", pa.string(), "of the site: the product"),
    ("category", pa.string(), "of the site: category of page or product"),
    ("query", pa.string(), "of the site: the words searched for"),
    ("price_micros", pa.int64(), "of the site: price of one, in millionths"),
    ("price_currency", pa.string(), "of the site: ISO 4217; empty: the tenant's own"),
    ("quantity", pa.int32(), "of the site: how many"),
    ("order_id", pa.string(), "of an order: its id"),
    ("amount_micros", pa.int64(), "of an order: what was paid or paid back, in millionths"),
    ("amount_currency", pa.string(), "of an order: ISO 4217; empty: the tenant's own"),
    ("categories", _TEXTS, "of an order: what was bought, most important first"),
    ("topic", pa.string(), "of support, or in public: what it was about"),
    ("sentiment", pa.float64(), "of support, or in public: -1 to 1"),
    ("network", pa.string(), "in public: where"),
    ("experiment_id", pa.string(), "of an experiment: which"),
    ("variation_id", pa.string(), "of an experiment: the arm"),
    ("attributes", pa.string(), "new values of attributes, or properties, by name, as JSON"),
    ("removed_attributes", _TEXTS, "attributes that are unknown from then on"),
)
"""Name, type and meaning of each; a value that an event does not have is null."""
FEATURE_COLUMNS: Final[tuple[tuple[str, pa.DataType, str], ...]] = (
    ("tenant", pa.string(), "whose recipient it is"),
    ("recipient", pa.string(), "pseudonym of the recipient, as in exported events"),
    ("as_of_time", _TIME, "when the picture was taken; its day is the folder"),
    ("first_event_time", _TIME, "of the first event that the recipient's features are made of"),
    ("last_event_time", _TIME, "of the newest event that they are made of"),
    ("definition_version", pa.string(), "digest of the definitions that made it"),
    ("name", pa.string(), "the feature"),
    ("label", pa.string(), "of a feature with several values which it is; empty for the only one"),
    ("value", pa.float64(), "in the feature's unit"),
)
"""Name, type and meaning of each; what is unknown has no row."""
RECIPIENT_ID: Final = ("recipient_id", pa.string(), "the recipient's own id; only if asked for")
EVENT_ID: Final = ("event_id", pa.string(), "the event's own id; only if asked for")


def schema(*, with_ids: bool) -> pa.Schema:
    """The schema of every part of an export of events."""
    columns = (*COLUMNS, RECIPIENT_ID, EVENT_ID) if with_ids else COLUMNS
    return pa.schema([(name, kind) for name, kind, _ in columns])


def feature_schema() -> pa.Schema:
    """The schema of every part of an export of features."""
    return pa.schema([(name, kind) for name, kind, _ in FEATURE_COLUMNS])
