"""The master key: who holds it can read everything, so it lies apart from what it protects."""

import base64
import binascii
from collections.abc import Sequence
from typing import Protocol

from dramatis.core.errors import Unavailable
from dramatis.runtime.keyring.cipher import KEY_BYTES, Damaged, seal, unseal

_PLACE = b"dramatis root secret"


class KeyManagement(Protocol):
    """Wraps and unwraps the root secret. A key management service fits: it is asked once a start.

    Both methods may take as long as a call over the network.
    """

    async def wrap(self, secret: bytes) -> bytes:
        """The secret as it may be stored, under the newest master key.

        Raises:
            Unavailable: the key cannot be used at the moment.
        """
        ...

    async def unwrap(self, wrapped: bytes) -> tuple[bytes, bool]:
        """The secret, and whether it is wrapped under the newest master key.

        Raises:
            Unavailable: no master key at hand opens it; the message says what to do.
        """
        ...


class MasterKeys:
    """Master keys in this process: the first one wraps, all of them unwrap."""

    def __init__(self, keys: Sequence[bytes], origin: str) -> None:
        """Holds the keys.

        Args:
            keys: newest first, each of KEY_BYTES.
            origin: where an operator finds them, for messages.
        """
        self._keys = tuple(keys)
        self._origin = origin

    async def wrap(self, secret: bytes) -> bytes:
        """See `KeyManagement`."""
        return seal(self._keys[0], secret, _PLACE)

    async def unwrap(self, wrapped: bytes) -> tuple[bytes, bool]:
        """See `KeyManagement`."""
        for number, key in enumerate(self._keys):
            try:
                return unseal(key, wrapped, _PLACE), number == 0
            except Damaged:
                continue
        raise Unavailable(
            f"no key in {self._origin} opens the root secret: give the master key that this state "
            "was made with, after the new one and a comma where it was replaced",
            reason="MASTER_KEY_UNKNOWN",
        )


def parse(text: str) -> tuple[bytes, ...]:
    """The keys in a comma separated list, newest first.

    Raises:
        ValueError: one is not 32 bytes in base64; the message holds nothing of it.

    >>> [len(key) for key in parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [32]
    """
    return tuple(_key(part.strip()) for part in text.split(",") if part.strip())


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, altchars=b"-_" if set(text) & set("-_") else None)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError(
            f"expected keys of {KEY_BYTES} random bytes in base64, comma separated, newest first; "
            f"make one with: openssl rand -base64 {KEY_BYTES}"
        )
    return key
