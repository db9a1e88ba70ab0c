"""AES-256-GCM with a fresh nonce, and a byte that says which format this is."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT: Final = b"\x01"
"""1: 96-bit random nonce, ciphertext, 128-bit tag."""
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_HEAD: Final = len(FORMAT) + NONCE_BYTES
OVERHEAD: Final = _HEAD + 16


class Damaged(Exception):
    """The bytes are not what was sealed, or not with this key, or belong elsewhere."""


def new_key() -> bytes:
    """A random key."""
    return os.urandom(KEY_BYTES)


def seal(key: bytes, plain: bytes, place: bytes) -> bytes:
    """The bytes, readable only with the key and only at the place that they were sealed for.

    Args:
        key: KEY_BYTES long.
        plain: what to hide.
        place: where it belongs; not kept, but has to be named again to open it.

    >>> key = bytes(32)
    >>> unseal(key, seal(key, b"hello", b"here"), b"here")
    b'hello'
    >>> len(seal(key, b"hello", b"here")) - len(b"hello") == OVERHEAD
    True
    """
    nonce = os.urandom(NONCE_BYTES)
    return FORMAT + nonce + AESGCM(key).encrypt(nonce, plain, place)


def unseal(key: bytes, sealed: bytes, place: bytes) -> bytes:
    """What `seal` hid.

    Raises:
        Damaged: not these bytes, not this key, or not this place.
    """
    if len(sealed) < OVERHEAD or sealed[:1] != FORMAT:
        raise Damaged("not a sealed value of a known format")
    try:
        return AESGCM(key).decrypt(sealed[1:_HEAD], sealed[_HEAD:], place)
    except InvalidTag:
        raise Damaged("the seal is broken, or is another one's") from None
