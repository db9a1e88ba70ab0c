"""Texts of strangers as plain words. Everything here is linear in the length of the text."""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

MAX_TEXT: Final = 4_000  # characters; what comes after adds nothing to a signal
MAX_TAG: Final = 64
_MARKUP = re.compile(r"<[^<>]*>")
_TAG = re.compile(r"#(\w{1,64})")
_WORD = re.compile(r"\w+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
# Scripts that write no spaces: Thai, Lao, Khmer, kana, Han
_UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def plain(markup: str) -> str:
    """The words of HTML, without its marks.

    >>> plain("<p>Ten &amp; <b>twenty</b><br>jobs</p>")
    'Ten & twenty jobs'
    """
    text = html.unescape(_MARKUP.sub(" ", markup[: 4 * MAX_TEXT]))
    return " ".join(text.replace("\0", " ").split())[:MAX_TEXT]


def words(text: str) -> Sequence[str]:
    """Words in one spelling; what is written without spaces comes in pairs of characters.

    >>> words("Layoffs: 10,000 JOBS go")
    ['layoffs', '10', '000', 'jobs', 'go']
    """
    folded = unicodedata.normalize("NFKC", text[:MAX_TEXT]).casefold()
    return [part for word in _WORD.findall(folded) for part in _parts(word)]


def _parts(word: str) -> Iterator[str]:
    if _UNSPACED.search(word) is None or len(word) < 3:
        yield word
    else:
        yield from (word[at : at + 2] for at in range(len(word) - 1))


def hashtags(text: str) -> Sequence[str]:
    """The hashtags in a text, without #."""
    return _TAG.findall(text)


def language(code: object) -> str:
    """A BCP 47 tag as it is usually written; empty where it is none.

    >>> language("en_us"), language("PT-br"), language("klingon!"), language(None)
    ('en-US', 'pt-BR', '', '')
    """
    if not (isinstance(code, str) and _LANGUAGE.fullmatch(code)):
        return ""
    first, *more = re.split("[-_]", code)
    return "-".join([first.lower(), *(each.upper() if len(each) == 2 else each for each in more)])


def same_language(code: str, wanted: str) -> bool:
    """Whether a tag is of a language, whatever the country.

    >>> same_language("en-US", "en"), same_language("", "en")
    (True, False)
    """
    return code.partition("-")[0].lower() == wanted.partition("-")[0].lower()
