"""As little as will do: of texts, and of values by name."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Final

from dramatis.ingest.domain.addresses import without
from dramatis.ingest.domain.policy import Names

LONGEST: Final[Mapping[str, int]] = {
    "message.link": 1_024,
    "message.detail": 256,
    "site.page": 1_024,
    "site.name": 128,
    "site.query": 128,
    "support.kind": 64,
    "support.topic": 128,
    "social.topic": 128,
}
"""Free texts, by path, and the characters that are kept of them."""

URLS: Final = frozenset({"message.link", "site.page"})
_OF_A_PAYLOAD: Final[Mapping[str, Sequence[tuple[str, int]]]] = {
    payload: [each for each in LONGEST.items() if each[0].startswith(f"{payload}.")]
    for payload in {path.partition(".")[0] for path in LONGEST}
}


def free_texts(payload: str) -> Sequence[tuple[str, int]]:
    """The free texts of a payload, and the characters that are kept of them."""
    return _OF_A_PAYLOAD.get(payload, ())


def shorter(path: str, text: str) -> str:
    """A free text without addresses and no longer than needed; a link without its query.

    >>> shorter("message.link", "https://shop.example/a?mail=ann@example.org#top")
    'https://shop.example/a'
    >>> shorter("site.query", "shoes " * 100) == ("shoes " * 100)[:128]
    True
    """
    if path in URLS:
        text = text.partition("#")[0].partition("?")[0]
    return without(text)[: LONGEST[path]]


def allowed(names: Names, name: str) -> bool:
    """Whether a name is on a list; None lists all. A star stands for any characters.

    >>> allowed(("age", "visits_*"), "visits_30d"), allowed((), "age"), allowed(None, "age")
    (True, False, True)
    """
    return names is None or any(fnmatchcase(name, each) for each in names)
