"""How a store takes in what comes from the log: the half of it that the consumer sees."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from dramatis.persona.ports import Item
from dramatis.runtime.log_token import LogToken


@dataclass(frozen=True, slots=True)
class Applied:
    """What a batch did.

    Attributes:
        tenants: whose recipients, campaigns or forecasts changed.
        fresh: happenings that were new.
        repeated: happenings seen before.
        unprofiled: of the new ones, those of recipients who may not be profiled, or were erased.
    """

    tenants: frozenset[str] = field(default_factory=frozenset)
    fresh: int = 0
    repeated: int = 0
    unprofiled: int = 0


class Intake(Protocol):
    """Effects and position change together."""

    async def applied(self) -> LogToken:
        """The position saved with the last batch."""
        ...

    async def apply(self, items: Sequence[Item], position: LogToken, now: datetime) -> Applied:
        """Folds the items in, in their order, and saves the position, in one transaction.

        Idempotent: a happening counts once by tenant and event id, the rest replaces what was.

        Raises:
            Unavailable: nothing was applied.
        """
        ...
