"""What a source of the world brings: stories and posts, and that some were taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Item:
    """One story or post. Its text and author are looked at and then forgotten.

    Attributes:
        item_id: unique among all of its kind of source, whoever brings it.
        title: by which a story is recognised; of a post its text.
        text: all that was said, plain.
        time: when it was said.
        key: what its source calls it when it takes it back.
        author: whose it is, where the source may take back all of an author's; empty if not.
        language_code: BCP 47; empty where the source does not say.
        tags: hashtags, without #.
        reactions: how often it was answered, shared or liked when it was read.
        topics: that its source was searched for; without them its words decide.
    """

    item_id: str
    title: str
    text: str
    time: datetime
    key: str = ""
    author: str = ""
    language_code: str = ""
    tags: Sequence[str] = ()
    reactions: int = 0
    topics: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """A post was deleted, or all that an author ever said.

    Attributes:
        key: of the item; empty where `author` says whose.
        author: whose account went away.
    """

    key: str = ""
    author: str = ""


Entry: TypeAlias = Item | Removal


@dataclass(frozen=True, slots=True)
class Batch:
    """What a source brought, in its order.

    Attributes:
        entries: items and removals.
        cursor: from where to go on once all of this has been taken in; only the source knows
            what it means.
        broken: pieces that could not be read, by reason.
    """

    entries: Sequence[Entry]
    cursor: str
    broken: Sequence[str] = ()
