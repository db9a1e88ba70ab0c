"""Dead letters sent once more: into their topic, or through the door if they never came in."""

import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

from dramatis.cli.dead_letters.letters import Letter
from dramatis.runtime.event_log import EventLog

AT_ONCE: Final = 500

Knock = Callable[[str, str, Sequence[bytes]], Awaitable[Sequence[str]]]
"""Hands events of a tenant to ingest under a request id; what became of each: "" if it was let in
or had been before, else the reason."""


async def replay(letters: Sequence[Letter], log: EventLog, knock: Knock) -> Counter[str]:
    """Sends the letters once more and marks them, so that a second time does nothing.

    A crash in between may send some again: they keep their event ids, and readers drop what they
    have applied.

    Args:
        letters: none of them was replayed before.
        log: where records go that were in their topic before.
        knock: takes events that admission set aside: it judges them anew.

    Returns:
        How many were sent, under "", and how many were refused again, by reason.
    """
    outcomes: Counter[str] = Counter()
    for batch in _batches([each for each in letters if each.was_admitted]):
        await log.append([each.original() for each in batch])
        await log.append([each.mark() for each in batch])
        outcomes[""] += len(batch)
    turned_away = sorted((each for each in letters if not each.was_admitted), key=_tenant)
    for tenant, theirs in groupby(turned_away, _tenant):
        for batch in _batches(list(theirs)):
            reasons = await knock(tenant, _request_id(batch), [each.record.value for each in batch])
            let_in = [each for each, why in zip(batch, reasons, strict=True) if not why]
            if let_in:
                await log.append([each.mark() for each in let_in])
            outcomes.update(reasons)
    return outcomes


def _tenant(letter: Letter) -> str:
    return letter.tenant


def _batches(letters: Sequence[Letter]) -> Iterator[Sequence[Letter]]:
    for start in range(0, len(letters), AT_ONCE):
        yield letters[start : start + AT_ONCE]


def _request_id(batch: Sequence[Letter]) -> str:
    ids = "\0".join(f"{each.id} {each.record.offset}" for each in batch)
    return f"replay-{hashlib.blake2b(ids.encode(), digest_size=16).hexdigest()}"
