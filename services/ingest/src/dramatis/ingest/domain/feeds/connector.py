"""One connector as its owner described it, and what it lets through."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dramatis.ingest.domain.feeds.item import Item
from dramatis.ingest.domain.feeds.plain_text import same_language
from dramatis.ingest.domain.feeds.topics import Words
from dramatis.ingest.domain.feeds.world_signal import SignalKind


@dataclass(frozen=True, slots=True)
class Name:
    """Whose connector, and which; its cursor is kept under it."""

    tenant: str
    connector: str


@dataclass(frozen=True)
class Connector:
    """What becomes of a source's items, wherever they are from.

    Attributes:
        name: under which its cursor is kept.
        source_kind: rss, mastodon, bluesky or gdelt.
        kind: of the signals that it makes.
        topics: words by topic.
        entities: words by entity.
        region_code: ISO 3166, where its news matter; empty for everywhere.
        language_code: BCP 47, of items that do not say theirs; empty to leave it open.
        languages: others are skipped; empty for all.
        weight: intensity of an item that nobody reacted to, [0, 1].
        max_age: older items are skipped.
        once: whether near-duplicates of one story count once.
    """

    name: Name
    source_kind: str
    kind: SignalKind
    topics: Words
    entities: Words = field(default_factory=Words)
    region_code: str = ""
    language_code: str = ""
    languages: Sequence[str] = ()
    weight: float = 0.5
    max_age: timedelta = timedelta(days=7)
    once: bool = True

    def language(self, item: Item) -> str:
        """Of an item: its own, else the configured one; never a guess."""
        return item.language_code or self.language_code

    def skips(self, item: Item, now: datetime) -> str:
        """Why an item is not looked at; empty where it is."""
        if now - item.time > self.max_age:
            return "old"
        spoken = self.language(item)
        if self.languages and not any(same_language(spoken, each) for each in self.languages):
            return "language"
        return ""
