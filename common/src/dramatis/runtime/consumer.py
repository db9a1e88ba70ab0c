"""The one loop that turns records of the log into effects: commit, dead letter or retry.

A service hands in a `Handler`; neither decode nor apply has a `try`. What they raise decides:

    Invalid, Refused, ...  this record can never be applied: a dead letter with its reason
    Poisoned               the same, for the records of a batch that it names
    Unavailable, Exhausted the whole batch again, with back-off
    anything else          a bug: out of the loop; the service stops and says so

Dead letters are durable before the position moves past them, so none is lost.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from dramatis.core.errors import DramatisError
from dramatis.runtime.event_log import Record
from dramatis.runtime.log_token import LogToken

T = TypeVar("T")


class Poisoned(Exception):
    """Items of a batch that can never be applied, by their index; nothing was applied."""

    def __init__(self, errors: Mapping[int, DramatisError]) -> None:
        super().__init__(f"{len(errors)} items")
        self.errors = errors


class Handler(Protocol[T]):
    """What one consumer does with its records. T is what a record decodes to."""

    async def applied(self) -> LogToken:
        """The position that was saved with the last effect."""
        ...

    def decode(self, record: Record) -> T:
        """What the record says. Pure and quick.

        Raises:
            Exception: any, makes the record a dead letter.
        """
        ...

    async def apply(self, items: Sequence[T], position: LogToken) -> None:
        """Applies the effects of all items and saves `position`, in one transaction.

        May be called with no items, to move past dead letters. An item may come a second time,
        although rarely: deduplicate by its event id where twice is not the same as once.

        Raises:
            Poisoned: these can never be applied; the others will come again without them.
            Invalid, Refused: one of them cannot; the loop halves the batch to find it.
            Unavailable: nothing was applied; the same items will come again.
        """
        ...
