"""Pages of a list: how long they are, and where the next one begins.

A page token is opaque to callers and checked when it comes back.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from dramatis.core.errors import Invalid

T = TypeVar("T")
Place = list[str | int]

MAX_TOKEN: Final = 4_096
MAX_BYTES: Final = 3 << 20
"""A page ends early before it is too long for one message."""
_MAX_NUMBER: Final = 2**63


def size(asked: int, default: int, most: int) -> int:
    """How many items a page has at most.

    Raises:
        Invalid: fewer than 0 were asked for.
    """
    if asked < 0:
        raise Invalid(
            f"page_size is 0 or more, got {asked}", reason="BAD_PAGE_SIZE", field="page_size"
        )
    return min(asked or default, most)


def fitting(found: Sequence[T], most: int, length: Callable[[T], int]) -> Sequence[T]:
    """The first of them, `most` at most and as many as one message holds, at least one.

    Args:
        found: in the order of the list.
        most: how many at most.
        length: bytes that one takes.
    """
    room = MAX_BYTES
    for count, each in enumerate(found[:most]):
        room -= length(each)
        if room < 0:
            return found[: max(count, 1)]
    return found[:most]


def token(listing: str, place: Place) -> str:
    """The token of a place in a listing; one of another listing is not accepted there."""
    text = json.dumps([_mark(listing, place), *place], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place(listing: str, text: str, first: Place) -> Place:
    """The place that a token names; `first` where there is none.

    Raises:
        Invalid: the token is not of this listing.
    """
    if not text:
        return first
    try:
        if len(text) > MAX_TOKEN:
            raise ValueError
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        mark, *found = json.loads(plain)
        if mark != _mark(listing, found) or not _alike(found, first):
            raise ValueError
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise Invalid(
            "page_token is not of this list: pass on next_page_token, unchanged",
            reason="BAD_PAGE_TOKEN",
            field="page_token",
        ) from None
    return list(found)


def _alike(found: Place, first: Place) -> bool:
    """Whether a place is of the same kind, and one that a store can be asked for."""
    if list(map(type, found)) != list(map(type, first)):
        return False
    return all("\0" not in each if isinstance(each, str) else each < _MAX_NUMBER for each in found)


def _mark(listing: str, found: Place) -> str:
    return hashlib.blake2b(repr((listing, found)).encode(), digest_size=6).hexdigest()
