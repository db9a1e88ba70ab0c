"""Page tokens: where the next page begins, opaque to callers, checked when they come back."""

import base64
import binascii
import hashlib
import json

from dramatis.core.errors import Invalid

MAX_TOKEN = 1_024


def size(asked: int, default: int, most: int) -> int:
    """How many items a page has at most.

    Raises:
        Invalid: fewer than 0 were asked for.
    """
    if asked < 0:
        raise Invalid(f"page_size is 0 or more, got {asked}", field="page_size")
    return min(asked or default, most)


def token(listing: str, place: list[str | int]) -> str:
    """The token of a place in a listing; one of another listing is not accepted there."""
    text = json.dumps([_mark(listing, place), *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place(listing: str, text: str, first: list[str | int]) -> list[str | int]:
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
        if mark != _mark(listing, found) or list(map(type, found)) != list(map(type, first)):
            raise ValueError
    except (ValueError, TypeError, binascii.Error):
        raise Invalid(
            "page_token is not of this list: pass on next_page_token, unchanged",
            reason="BAD_PAGE_TOKEN",
            field="page_token",
        ) from None
    return list(found)


def _mark(listing: str, found: list[str | int]) -> str:
    return hashlib.blake2b(repr((listing, found)).encode(), digest_size=6).hexdigest()
