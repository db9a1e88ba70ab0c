"""The keyring: pseudonyms at once, data keys at once where they are at hand, erasure for good."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from dramatis.core.errors import Unavailable
from dramatis.runtime.keyring import metrics
from dramatis.runtime.keyring.cache import GONE, Cache
from dramatis.runtime.keyring.cipher import Damaged, new_key, seal, unseal
from dramatis.runtime.keyring.names import Names, Who
from dramatis.runtime.keyring.vault import Erasure, Found, Vault

CACHE_BOUND = 100_000


class Keyring:
    """Keys of all recipients. Several processes may work on one vault.

    A process that keeps a key at hand may use it for as long as it takes `follow` to read of the
    erasure: a second or so. What is sealed in that time is as unreadable as the rest.
    """

    def __init__(self, names: Names, vault: Vault, cache_bound: int = CACHE_BOUND) -> None:
        """Makes it.

        Args:
            names: derived from the vault's root secret.
            vault: where the keys are.
            cache_bound: of keys at hand.
        """
        self.names = names
        self._vault = vault
        self._cache = Cache(cache_bound)

    def at_hand(self, who: Who) -> bytes | None:
        """The data key, `GONE` of who was erased, None where the vault has to be asked."""
        return self._cache.get(who)

    async def find(self, wanted: Collection[Who]) -> Mapping[Who, bytes]:
        """Data keys of those who have one, `GONE` of those who were erased.

        Raises:
            Unavailable: the vault cannot be asked.
        """
        keys, missing = self._at_hand(wanted)
        if missing:
            keys |= self._take(await self._vault.find(missing), "loaded")
        metrics.KEYS.labels("missing").inc(len(set(wanted)) - len(keys))
        return keys

    async def issue(self, wanted: Collection[Who]) -> Mapping[Who, bytes]:
        """Data keys of all of them, made for who has none; `GONE` of those who were erased.

        Raises:
            Unavailable: the vault cannot be asked.
        """
        keys, missing = self._at_hand(wanted)
        if missing:
            keys |= self._take(await self._vault.find(missing), "loaded")
        if new := [who for who in missing if who not in keys]:
            offered = {who: self._wrap(who, new_key()) for who in new}
            keys |= self._take(await self._vault.add(offered), "made")
        if any(who not in keys for who in missing):
            raise Unavailable("a data key in the database is damaged", reason="KEY_DAMAGED")
        return keys

    async def erased(self, tenant: str, pseudonyms: Iterable[str]) -> set[str]:
        """Those of the pseudonyms whose recipients were erased.

        Raises:
            Unavailable: the vault cannot be asked.
        """
        keys, missing = self._at_hand([(tenant, each) for each in pseudonyms])
        if missing:
            keys |= self._take(await self._vault.find(missing), "loaded")
        return {pseudonym for (_, pseudonym), key in keys.items() if key == GONE}

    async def erase(self, tenant: str, recipient_id: str, now: datetime) -> datetime:
        """Makes unreadable whatever was or will be sealed for the recipient; says since when.

        Doing it again changes nothing and returns the first time.

        Raises:
            Unavailable: it is not known whether it was done; do it again.
        """
        who = (tenant, self.names.pseudonym(tenant, recipient_id))
        time = await self._vault.erase(who, now)
        self._cache.drop([who])
        self.names.forget()
        return time

    async def erased_at(self, tenant: str, recipient_id: str) -> datetime | None:
        """When the recipient was erased; None if not.

        Raises:
            Unavailable: the vault cannot be asked.
        """
        return await self._vault.erased_at((tenant, self.names.pseudonym(tenant, recipient_id)))

    async def erasures(self, after: int, most: int) -> Sequence[Erasure]:
        """The next entries of the ledger; from here on the keys of these are not at hand.

        Raises:
            Unavailable: the vault cannot be asked.
        """
        entries = await self._vault.erasures(after, most)
        if entries:
            self.names.forget()
        self._cache.drop((each.tenant, each.pseudonym) for each in entries)
        metrics.ERASED.inc(len(entries))
        return entries

    def _at_hand(self, wanted: Iterable[Who]) -> tuple[dict[Who, bytes], list[Who]]:
        """The keys at hand, and for whom there is none."""
        keys: dict[Who, bytes] = {}
        missing: dict[Who, None] = {}
        for who in wanted:
            if (key := self._cache.get(who)) is None:
                missing[who] = None
            else:
                keys[who] = key
        return keys, list(missing)

    def _take(self, found: Found, outcome: str) -> dict[Who, bytes]:
        """Keeps at hand what the vault said. A damaged key is no key."""
        keys = dict.fromkeys(found.erased, GONE)
        for who, wrapped in found.keys.items():
            with suppress(Damaged):
                keys[who] = self._unwrap(who, wrapped)
        metrics.KEYS.labels(outcome).inc(len(found.keys))
        metrics.KEYS.labels("erased").inc(len(found.erased))
        return {who: self._cache.put(who, key) for who, key in keys.items()}

    def _wrap(self, who: Who, key: bytes) -> bytes:
        return seal(self.names.wrapping_key(who[0]), key, _place(who))

    def _unwrap(self, who: Who, wrapped: bytes) -> bytes:
        return unseal(self.names.wrapping_key(who[0]), wrapped, _place(who))


def _place(who: Who) -> bytes:
    return f"data key\0{who[0]}\0{who[1]}".encode()
