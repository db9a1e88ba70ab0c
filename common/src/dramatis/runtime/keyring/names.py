"""Pseudonyms, and all else that derives from the root secret."""

import hashlib
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dramatis.runtime.keyring.cipher import KEY_BYTES

PSEUDONYM_BYTES: Final = 16
REMEMBERED: Final = 1 << 15
"""Digests of each kind that are not computed again: a request asks for each several times."""

Who = tuple[str, str]
"""Tenant and pseudonym of a recipient."""


class Names:
    """What recipients and events are called where their own ids must not be.

    The digests are keyed: who lacks the root secret can neither compute one nor try out ids. No
    method waits, so that a decision in memory may ask.
    """

    def __init__(self, root: bytes) -> None:
        self._root = root
        self._recipients: dict[str, hashlib.blake2b] = {}
        self._events: dict[str, hashlib.blake2b] = {}
        self._wrapping: dict[str, bytes] = {}
        self._pseudonym = lru_cache(REMEMBERED)(self._recipient_digest)
        self._event = lru_cache(REMEMBERED)(self._event_digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Names) and self._root == other._root

    __hash__ = None  # type: ignore[assignment]

    def pseudonym(self, tenant: str, recipient_id: str) -> str:
        """The pseudonym of a recipient, 32 hexadecimal digits; other tenants' have others.

        >>> names = Names(bytes(32))
        >>> names.pseudonym("acme", "r1")
        '52c90db3e26a5c945a9011024b736830'
        """
        return self._pseudonym(tenant, recipient_id)

    def event(self, tenant: str, event_id: str) -> str:
        """The pseudonym of an event id, in which a sender may have put a recipient's."""
        return self._event(tenant, event_id)

    def wrapping_key(self, tenant: str) -> bytes:
        """The key that wraps the data keys of a tenant."""
        key = self._wrapping.get(tenant)
        if key is None:
            key = self._wrapping[tenant] = self._derive("data keys", tenant)
        return key

    def forget(self) -> None:
        """Drops the ids that digests were remembered with: one of them is to be forgotten."""
        self._pseudonym.cache_clear()
        self._event.cache_clear()

    def _recipient_digest(self, tenant: str, recipient_id: str) -> str:
        keyed = self._recipients.get(tenant) or self._keyed(self._recipients, "recipient", tenant)
        return _digest(keyed, recipient_id)

    def _event_digest(self, tenant: str, event_id: str) -> str:
        keyed = self._events.get(tenant) or self._keyed(self._events, "event", tenant)
        return _digest(keyed, event_id)

    def _keyed(self, known: dict[str, hashlib.blake2b], what: str, tenant: str) -> hashlib.blake2b:
        key = self._derive(what, tenant)
        keyed = known[tenant] = hashlib.blake2b(key=key, digest_size=PSEUDONYM_BYTES)
        return keyed

    def _derive(self, what: str, tenant: str) -> bytes:
        """HKDF-SHA256 (RFC 5869) of the root secret, for one use of one tenant."""
        info = f"dramatis {what} 1\0{tenant}".encode()
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(self._root)


def _digest(keyed: hashlib.blake2b, text: str) -> str:
    digest = keyed.copy()
    digest.update(text.encode())
    return digest.hexdigest()
