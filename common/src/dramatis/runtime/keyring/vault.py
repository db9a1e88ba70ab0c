"""Where keys and the ledger of erasures are kept: the port."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from dramatis.runtime.keyring.names import Who


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of some recipients; who is in neither never had a key.

    Attributes:
        keys: wrapped data keys.
        erased: those in the ledger.
    """

    keys: Mapping[Who, bytes] = field(default_factory=dict)
    erased: Collection[Who] = frozenset()


@dataclass(frozen=True, slots=True)
class Erasure:
    """An entry of the ledger. Numbers grow in the order in which entries became visible."""

    number: int
    tenant: str
    pseudonym: str
    time: datetime


class Vault(Protocol):
    """Wrapped keys and the ledger, shared by all services. Every write is durable on return.

    All methods raise Unavailable when it cannot be reached.
    """

    async def root(self, fresh: bytes) -> bytes:
        """The wrapped root secret; `fresh` becomes it where there is none yet."""
        ...

    async def replace_root(self, old: bytes, new: bytes) -> None:
        """Keeps the root secret in a new wrapping, unless somebody else has just done so."""
        ...

    async def find(self, wanted: Collection[Who]) -> Found:
        """The keys of these, and who of them was erased."""
        ...

    async def add(self, offered: Mapping[Who, bytes]) -> Found:
        """Keeps the offered keys of those who have none; returns what holds for all of them.

        Who was erased gets none.
        """
        ...

    async def erase(self, who: Who, time: datetime) -> datetime:
        """Deletes the key and writes the ledger, both or neither; returns when first done."""
        ...

    async def erased_at(self, who: Who) -> datetime | None:
        """When this recipient was erased; None if not."""
        ...

    async def erasures(self, after: int, most: int) -> Sequence[Erasure]:
        """The first `most` entries of the ledger whose number is above `after`, in order."""
        ...
