"""Which items tell the same story, so that it counts once.

Two titles tell one story when the words that they share weigh much of the words that either has:
the Jaccard index, each word weighted by how rare it is among the recent titles. Without the
weights a column that comes every day, "The week ahead: ...", would look like one story.
"""

import hashlib
import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from dramatis.ingest.domain.feeds.plain_text import words

Sketch: TypeAlias = frozenset[int]
"""The words of a title, each as a 32-bit digest; nobody can read the title from it."""

MAX_WORDS = 32
MIN_WORDS = 4  # titles of fewer words are too like one another to tell


def sketch(title: str) -> Sketch:
    """The words of a title, at most 32."""
    return frozenset(map(_digest, words(title)[:MAX_WORDS]))


def _digest(word: str) -> int:
    return int.from_bytes(hashlib.blake2s(word.encode("utf-8", "replace"), digest_size=4).digest())


def to_bytes(told: Sketch) -> bytes:
    """A sketch as it is stored."""
    return b"".join(each.to_bytes(4) for each in sorted(told))


def from_bytes(stored: bytes) -> Sketch:
    """A sketch as it was stored."""
    return frozenset(int.from_bytes(stored[at : at + 4]) for at in range(0, len(stored) - 3, 4))


@dataclass(frozen=True, slots=True)
class Story:
    """What is known of a title that counted."""

    signal_id: str
    told: Sketch
    time: datetime


class Stories:
    """Recent stories about one topic; its memory is bounded.

    Attributes:
        window: titles further apart are not compared.
        capacity: of so many the oldest are forgotten.
        threshold: how much of the weight must be shared, [0, 1]. `python -m bench.stories` shows
            what 0.6 and a day join.
    """

    def __init__(
        self,
        window: timedelta = timedelta(days=1),
        capacity: int = 4_096,
        threshold: float = 0.6,
    ) -> None:
        self.window = window
        self.capacity = capacity
        self.threshold = threshold
        self._stories: OrderedDict[str, Story] = OrderedDict()
        self._having: defaultdict[int, set[str]] = defaultdict(set)
        self._often: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._stories)

    def same(self, story: Story) -> Story | None:
        """Another title that told the same story within the window, if there is one."""
        if len(story.told) < MIN_WORDS:
            return None
        weights = {word: self._weight(word) for word in story.told}
        least = self.threshold * sum(weights.values())
        for other in self._candidates(story):
            both = sum(weights[word] for word in story.told & other.told)
            if both >= least and self._is_one(both, story, other):
                return other
        return None

    def update(self, story: Story) -> None:
        """Remembers a story; a second time changes nothing."""
        if story.signal_id in self._stories or len(story.told) < MIN_WORDS:
            return
        self._stories[story.signal_id] = story
        for word in story.told:
            self._having[word].add(story.signal_id)
            self._often[word] += 1
        if len(self._stories) > self.capacity:
            self.forget(next(iter(self._stories)))

    def forget(self, signal_id: str) -> None:
        """Drops a story, so that the next to tell it counts."""
        story = self._stories.pop(signal_id, None)
        for word in story.told if story else ():
            self._having[word].discard(signal_id)
            self._often[word] -= 1
            if not self._often[word]:
                del self._often[word], self._having[word]

    def _candidates(self, story: Story) -> Iterator[Story]:
        """Yields others of the window that share a word which is not in every fiftieth title."""
        common = max(50, len(self._stories) // 50)
        rare = [word for word in story.told if 0 < self._often[word] < common]
        for signal_id in {each for word in rare for each in self._having[word]}:
            other = self._stories[signal_id]
            if other.signal_id != story.signal_id and abs(story.time - other.time) <= self.window:
                yield other

    def _is_one(self, both: float, story: Story, other: Story) -> bool:
        """Whether words that weigh `both` are enough of all the words."""
        return both >= self.threshold * sum(map(self._weight, story.told | other.told))

    def _weight(self, word: int) -> float:
        return math.log((len(self._stories) + 2) / (self._often[word] + 1))
