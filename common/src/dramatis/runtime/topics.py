"""The topics of the event log, as drawn in the architecture. Adapters create what is missing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from dramatis.core.errors import Invalid

DEFAULT_PARTITIONS = 4


@dataclass(frozen=True, slots=True)
class Topic:
    """A named stream of records.

    Attributes:
        name: what readers and writers call it.
        key: what the key of a record holds; order is kept per key only.
        compacted: only the latest record of each key is kept for certain; a record with an
            empty value removes its key.
        partitions: how many; a key always lands in the same one.
    """

    name: str
    key: str
    compacted: bool = False
    partitions: int = DEFAULT_PARTITIONS


RECIPIENT_EVENTS = Topic("recipient-events", "tenant/recipient")
CONSENTS = Topic("consents", "tenant/recipient", compacted=True)
CAMPAIGNS = Topic("campaigns", "tenant/campaign", compacted=True)
WORLD_SIGNALS = Topic("world-signals", "tenant/topic")
PERSONAS = Topic("personas", "tenant", compacted=True)
SNAPSHOTS = Topic("snapshots", "tenant", compacted=True)
FORECASTS = Topic("forecasts", "tenant/persona/stimulus", compacted=True)
PLANS = Topic("plans", "tenant", compacted=True)
DECISIONS = Topic("decisions", "tenant/recipient")
DEAD_LETTERS = Topic("dead-letters", "source topic")

ALL: Mapping[str, Topic] = {
    topic.name: topic
    for topic in (
        RECIPIENT_EVENTS, CONSENTS, CAMPAIGNS, WORLD_SIGNALS, PERSONAS,
        SNAPSHOTS, FORECASTS, PLANS, DECISIONS, DEAD_LETTERS,
    )
}  # fmt: skip


PERSONAL: frozenset[str] = frozenset(
    topic.name for topic in ALL.values() if topic.key == RECIPIENT_EVENTS.key
)
"""Topics whose records are each about one recipient, and are sealed with that one's key."""


def check_topics(names: Collection[str], known: Mapping[str, Topic]) -> None:
    """Raises Invalid where a name is not a known topic."""
    for name in names:
        if name not in known:
            raise Invalid(f"there is no topic {name!r}", reason="NO_SUCH_TOPIC", field="topic")
