"""Answers of GDELT's DOC API, which are not always JSON."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from dramatis.core.errors import Exhausted, Unavailable
from dramatis.ingest.domain.feeds.item import Item
from dramatis.ingest.domain.feeds.plain_text import plain

BUSY_SECONDS: Final = 60.0
_ESCAPE = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])|\\')
LANGUAGES: Final[Mapping[str, str]] = {
    "Albanian": "sq", "Arabic": "ar", "Armenian": "hy", "Azerbaijani": "az", "Bengali": "bn",
    "Bosnian": "bs", "Bulgarian": "bg", "Catalan": "ca", "Chinese": "zh", "Croatian": "hr",
    "Czech": "cs", "Danish": "da", "Dutch": "nl", "English": "en", "Estonian": "et",
    "Finnish": "fi", "French": "fr", "Galician": "gl", "Georgian": "ka", "German": "de",
    "Greek": "el", "Gujarati": "gu", "Hebrew": "he", "Hindi": "hi", "Hungarian": "hu",
    "Icelandic": "is", "Indonesian": "id", "Italian": "it", "Japanese": "ja", "Kannada": "kn",
    "Kazakh": "kk", "Korean": "ko", "Latvian": "lv", "Lithuanian": "lt", "Macedonian": "mk",
    "Malay": "ms", "Malayalam": "ml", "Marathi": "mr", "Mongolian": "mn", "Nepali": "ne",
    "Norwegian": "no", "Persian": "fa", "Polish": "pl", "Portuguese": "pt", "Punjabi": "pa",
    "Romanian": "ro", "Russian": "ru", "Serbian": "sr", "Sinhalese": "si", "Slovak": "sk",
    "Slovenian": "sl", "Somali": "so", "Spanish": "es", "Swahili": "sw", "Swedish": "sv",
    "Tamil": "ta", "Telugu": "te", "Thai": "th", "Tibetan": "bo", "Turkish": "tr",
    "Ukrainian": "uk", "Urdu": "ur", "Vietnamese": "vi",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Articles:
    """What a search found.

    Attributes:
        items: that can be used.
        latest: when the last was seen; None where nothing was found.
        found: how many there were, usable or not.
    """

    items: Sequence[Item]
    latest: datetime | None
    found: int


def read(body: bytes, topic: str) -> Articles:
    """The articles of an answer, all about one topic.

    Raises:
        Exhausted: it says that we ask too often.
        Unavailable: it is no list of articles.
    """
    text = body.decode("utf-8-sig", "replace").strip()
    answer = _json(text)
    articles = answer.get("articles", []) if isinstance(answer, dict) else None
    if not isinstance(articles, list):
        raise _refusal(text)
    items = [_item(each, topic) for each in articles]
    sound = [each for each in items if each is not None]
    return Articles(sound, max((each.time for each in sound), default=None), len(articles))


def _json(text: str) -> Any:
    r"""The value, or None. A backslash that escapes nothing, as in L\'Avenir, means itself."""
    repaired = _ESCAPE.sub(lambda found: found[0] if found[1] else r"\\", text)
    try:
        return json.loads(repaired, strict=False) if repaired else {}
    except (ValueError, RecursionError):
        return None


def _refusal(text: str) -> Exception:
    if "limit requests" in text.lower():
        return Exhausted("asked too often", reason="RATE_LIMITED", retry_after_seconds=BUSY_SECONDS)
    told = plain(text)[:200]
    return Unavailable(f"no list of articles: {told!r}", reason="BAD_ANSWER")


def _item(article: Any, topic: str) -> Item | None:
    """An article; None where it lacks what makes one. Its outlet's country is not its region."""
    try:
        title, address = plain(article["title"]), str(article["url"])
        time = datetime.strptime(article["seendate"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if not (title and address):
        return None
    spoken = LANGUAGES.get(str(article.get("language")), "")
    return Item(address, title, title, time, language_code=spoken, topics=(topic,))
