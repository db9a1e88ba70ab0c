"""What this process has written and noted itself: the follower of the log need not ask again."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from dramatis.runtime.event_log import Position

BOUND: Final = 200_000
"""Places that are remembered; older ones the follower asks the store about."""


class Noted:
    """Places in the log whose events are in the store already, the newest of them."""

    def __init__(self, bound: int = BOUND) -> None:
        self._bound = bound
        self._places: dict[tuple[int, int], None] = {}
        self._writing: set[asyncio.Future[None]] = set()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """While something is appended, saved and then added here."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._writing.add(done)
        try:
            yield
        finally:
            self._writing.discard(done)
            done.set_result(None)

    async def settled(self) -> None:
        """Returns when all that is being written at this moment has been, or has failed."""
        if self._writing:
            await asyncio.wait(set(self._writing))

    def add(self, positions: Iterable[Position]) -> None:
        """Remembers them, and forgets the oldest beyond the bound."""
        places = self._places
        places.update(dict.fromkeys((each.partition, each.offset) for each in positions))
        while len(places) > self._bound:
            del places[next(iter(places))]

    def take(self, partition: int, offset: int) -> bool:
        """Whether the place is remembered; from now on it no longer is."""
        return self._places.pop((partition, offset), 0) is None
