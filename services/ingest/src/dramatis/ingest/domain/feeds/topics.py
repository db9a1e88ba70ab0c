"""What an item is about: topics and entities, by words that were agreed on before."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from dramatis.ingest.domain.feeds.item import Item
from dramatis.ingest.domain.feeds.plain_text import MAX_TAG

MAX_ENTITIES = 32


@dataclass(frozen=True)
class Words:
    """Names, each known by one or more spellings: whole words, in any case.

    Attributes:
        spellings: by name. A name without any is found everywhere.
    """

    spellings: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def found(self, item: Item) -> Iterator[str]:
        """Yields the names that an item mentions, in the text or as a hashtag."""
        text = _folded(item.text)
        tags = {_joined(tag) for tag in item.tags}
        for name, pattern, joined in self._patterns:
            if pattern is None or pattern.search(text) or not tags.isdisjoint(joined):
                yield name

    @cached_property
    def _patterns(self) -> "Sequence[tuple[str, re.Pattern[str] | None, frozenset[str]]]":
        return [
            (name, _pattern(each), frozenset(map(_joined, each)))
            for name, each in self.spellings.items()
        ]


def entities(item: Item, names: Words) -> Sequence[str]:
    """Names found in an item, then its hashtags, at most 32. Never whose post it is."""
    tags = (f"#{tag.casefold()}" for tag in item.tags if 0 < len(tag) <= MAX_TAG)
    return list(dict.fromkeys((*names.found(item), *tags)))[:MAX_ENTITIES]


def _pattern(spellings: Sequence[str]) -> re.Pattern[str] | None:
    if not spellings:
        return None
    either = "|".join(_spaced(each) for each in _longest_first(spellings))
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)")


def _spaced(spelling: str) -> str:
    return r"\s+".join(map(re.escape, _folded(spelling).split()))


def _longest_first(spellings: Iterable[str]) -> Sequence[str]:
    return sorted(spellings, key=len, reverse=True)


def _joined(text: str) -> str:
    """As hashtags write it.

    >>> _joined("Supply chain")
    'supplychain'
    """
    return re.sub(r"[\W_]+", "", _folded(text))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
