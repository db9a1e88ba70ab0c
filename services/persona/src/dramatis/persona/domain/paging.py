"""Pages of a list that may change between two calls: opaque tokens that say where to go on."""

import base64
import binascii
from typing import Final

from dramatis.core.errors import Invalid

DEFAULT_SIZE: Final = 100
LARGEST_SIZE: Final = 1000


def size(asked: int) -> int:
    """How many to give.

    Raises:
        Invalid: negative, or more than anybody may ask for.
    """
    if not 0 <= asked <= LARGEST_SIZE:
        raise Invalid(f"page_size is in 0..{LARGEST_SIZE}, got {asked}", field="page_size")
    return asked or DEFAULT_SIZE


def token(scope: str, place: int) -> str:
    """The token that goes on at `place` of the list called `scope`."""
    return base64.urlsafe_b64encode(f"{scope}:{place}".encode()).decode()


def place(text: str, scope: str) -> int:
    """Where to go on; 0 for the first page.

    Raises:
        Invalid: the token is not ours, or of another list.

    >>> place(token("events", 7), "events"), place("", "events")
    (7, 0)
    """
    if not text:
        return 0
    try:
        plain = base64.b64decode(text, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        plain = ""
    head, _, number = plain.rpartition(":")
    if head != scope or not number.isdecimal() or len(number) > 18:
        raise Invalid(
            "page_token does not go on from here: list again from the first page",
            reason="BAD_PAGE_TOKEN",
            field="page_token",
        )
    return int(number)
