"""Data keys at hand: the ones used last, no more than a bound."""

from collections.abc import Iterable
from typing import Final

from dramatis.runtime.keyring import metrics
from dramatis.runtime.keyring.names import Who

GONE: Final = b""
"""Stands for the key of who was erased."""
REMEMBERED: Final = 10_000


class Cache:
    """Keys by recipient, the least recently used goes first.

    What was dropped as erased stays so for a while: a look-up that began before may come back with
    a key that is no more.
    """

    def __init__(self, bound: int) -> None:
        """Makes it empty.

        Args:
            bound: of recipients; one takes about 250 bytes.
        """
        self._bound = bound
        self._keys: dict[Who, bytes] = {}
        self._erased: dict[Who, None] = {}

    def get(self, who: Who) -> bytes | None:
        """The key, `GONE`, or None where it is not at hand."""
        key = self._keys.pop(who, None)
        if key is not None:
            self._keys[who] = key
        return key

    def put(self, who: Who, key: bytes) -> bytes:
        """Keeps a key, unless its recipient was just erased; returns what holds."""
        if who in self._erased:
            key = GONE
        self._keys.pop(who, None)
        self._keys[who] = key
        if len(self._keys) > self._bound:
            del self._keys[next(iter(self._keys))]
        metrics.CACHED.set(len(self._keys))
        return key

    def drop(self, erased: Iterable[Who]) -> None:
        """Forgets the keys of these for good."""
        for who in erased:
            self._erased[who] = None
            if who in self._keys:
                self._keys[who] = GONE
        while len(self._erased) > REMEMBERED:
            del self._erased[next(iter(self._erased))]
