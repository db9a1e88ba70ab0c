"""The protocol part of each connector that was described."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from dramatis.ingest.adapters.feeds import gdelt, jetstream, mastodon
from dramatis.ingest.adapters.feeds.catalogue import Described
from dramatis.ingest.adapters.feeds.gdelt import Gdelt
from dramatis.ingest.adapters.feeds.gdelt_messages import LANGUAGES
from dramatis.ingest.adapters.feeds.jetstream import Jetstream
from dramatis.ingest.adapters.feeds.mastodon import Mastodon, Timeline
from dramatis.ingest.adapters.feeds.rss import Rss
from dramatis.ingest.adapters.feeds.rss_reader import Reader
from dramatis.ingest.adapters.feeds.source import Source
from dramatis.ingest.adapters.feeds.web import Web
from dramatis.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class Outside:
    """What all connectors of a process reach the world with."""

    web: Web
    reader: Reader
    client: httpx2.AsyncClient
    user_agent: str
    clock: Clock

    def source(self, described: Described) -> Source:
        """The source of a connector."""
        match described.connector.source_kind:
            case "rss":
                return self._rss(described)
            case "mastodon":
                return self._mastodon(described)
            case "bluesky":
                address = described.options.get("address", jetstream.ADDRESS)
                return Jetstream(address, self.user_agent)
            case _:
                return self._gdelt(described)

    def _rss(self, described: Described) -> Rss:
        return Rss(
            self.web, self.reader, described.options["address"], described.interval, self.clock
        )

    def _mastodon(self, described: Described) -> Mastodon:
        options = described.options
        server = options["address"].rstrip("/")
        return Mastodon(
            self.web,
            self.client,
            server,
            options.get("streaming_address", server).rstrip("/"),
            _timeline(options),
            described.interval,
            options.get("stream", "yes") == "yes",
            described.token,
        )

    def _gdelt(self, described: Described) -> Gdelt:
        options, connector = described.options, described.connector
        more = " ".join(filter(None, (_spoken(connector.languages), options.get("query", ""))))
        searches = {
            topic: gdelt.query(words, more) for topic, words in connector.topics.spellings.items()
        }
        address = options.get("address", gdelt.ADDRESS)
        return Gdelt(self.web, address, searches, described.interval, self.clock)


def _timeline(options: Mapping[str, Any]) -> Timeline:
    if "tag" in options:
        return mastodon.of_tag(options["tag"])
    return mastodon.LOCAL if options["timeline"] == "local" else mastodon.PUBLIC


def _spoken(languages: tuple[str, ...] | Any) -> str:
    """The part of a search that says which languages, by GDELT's names."""
    wanted = {each.partition("-")[0] for each in languages}
    names = [name.lower() for name, code in LANGUAGES.items() if code in wanted]
    either = " OR ".join(f"sourcelang:{name}" for name in names)
    return f"({either})" if len(names) > 1 else either
