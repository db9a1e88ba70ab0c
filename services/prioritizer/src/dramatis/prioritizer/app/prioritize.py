"""Deciding, and keeping what was decided."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dramatis.core.arrays import Mask
from dramatis.core.errors import Unavailable
from dramatis.prioritizer.domain.decide import Decided, Question, decide
from dramatis.prioritizer.domain.standing import Standing, holds, permitted
from dramatis.prioritizer.domain.tables import Tables
from dramatis.prioritizer.ports import DecisionRecord, Ledger

Remaining = Callable[[], float]
"""Seconds until the answer must be under way; below zero when it is late."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a batch of R recipients gets.

    Attributes:
        decided: None where there are no tables: the caller's default is all there is.
        permitted: [R] whether marketing may be sent.
        listed: [R] whether the recipient is on the suppression list.
    """

    decided: Decided | None
    permitted: Mask
    listed: Mask


def answer(tables: Tables | None, question: Question, now_seconds: float) -> Answer:
    """The best answer that the tables give; consent is looked at whatever the rung.

    Raises:
        Invalid: a campaign is named that is not known.
    """
    return Answer(
        decided=None if tables is None else decide(tables, question, now_seconds),
        permitted=permitted(question.standings),
        listed=holds(question.standings, Standing.LISTED),
    )


async def keep(
    ledger: Ledger, tenant: str, records: Sequence[DecisionRecord], remaining: Remaining
) -> Sequence[DecisionRecord] | None:
    """What is kept under the ids of the records; None where the ledger is not there in time.

    A caller is answered all the same then, but with nothing to confirm or ask for later.
    """
    try:
        async with asyncio.timeout(max(remaining(), 0.0)):
            return await ledger.keep(tenant, records)
    except (TimeoutError, Unavailable):
        return None


def decision_id(tenant: str, request_id: str) -> str:
    """The id of the decision that a request id asks for: the same on every replica.

    >>> decision_id("acme", "r-1") == decision_id("acme", "r-1") != decision_id("acme", "r-2")
    True
    """
    return hashlib.blake2b(f"{tenant}/{request_id}".encode(), digest_size=16).hexdigest()
