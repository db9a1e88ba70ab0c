"""Who works on what: calls about the same thing take turns, others do not wait.

A claim is of this process. Where several replicas of ingest get the same event at the same moment,
each may append it: readers drop the second by its id, and the store notes one of them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager

Turn = asyncio.Future[None]


class Claims:
    """Things that calls of this process are at work on.

    Between looking whether an event is known and noting that it is, nobody else may look.
    """

    def __init__(self) -> None:
        self._alone: dict[str, Turn] = {}  # the last to have or await a thing alone
        self._sharing: dict[str, set[Turn]] = {}  # those who share it since

    @asynccontextmanager
    async def hold(
        self,
        things: Collection[str],
        shared: Collection[str] = (),
        in_line: Callable[[], None] = lambda: None,
    ) -> AsyncIterator[None]:
        """Waits for its turn with all of the things, then holds them.

        Turns come in the order of the calls, thing by thing. All are asked for at once: nobody
        holds some while waiting for others who wait for these.

        Args:
            things: to hold alone.
            shared: to hold beside others who share them too; none of them in `things`.
            in_line: called once it has its place in all lines, before it waits.
        """
        turn: Turn = asyncio.get_running_loop().create_future()
        ahead = self._line_up(turn, things, shared)
        in_line()
        try:
            if ahead:
                await asyncio.wait(ahead)
            yield
        finally:
            late = [each for each in ahead if not each.done()]
            if late:  # given up while waiting: those behind still wait for those ahead
                asyncio.gather(*late).add_done_callback(lambda _: self._leave(turn, things, shared))
            else:
                self._leave(turn, things, shared)

    @property
    def held(self) -> int:
        """How many things are held or waited for."""
        return len(self._alone.keys() | self._sharing.keys())

    def _line_up(self, turn: Turn, things: Iterable[str], shared: Iterable[str]) -> set[Turn]:
        """Puts a turn at the end of each line; returns the turns to wait for."""
        ahead: set[Turn] = set()
        for thing in things:
            if thing in self._sharing:
                ahead |= self._sharing.pop(thing)
            if thing in self._alone:
                ahead.add(self._alone[thing])
            self._alone[thing] = turn
        for thing in shared:
            if thing in self._alone:
                ahead.add(self._alone[thing])
            self._sharing.setdefault(thing, set()).add(turn)
        return ahead

    def _leave(self, turn: Turn, things: Iterable[str], shared: Iterable[str]) -> None:
        turn.set_result(None)
        for thing in things:
            if self._alone.get(thing) is turn:
                del self._alone[thing]
        for thing in shared:
            if sharing := self._sharing.get(thing):
                sharing.discard(turn)
                if not sharing:
                    del self._sharing[thing]


def of_request(tenant: str, method: str, request_id: str) -> str:
    """The name of a request."""
    return f"request {tenant}/{method}/{request_id}"


def of_event(tenant: str, event_id: str) -> str:
    """The name of an event."""
    return f"event {tenant}/{event_id}"


def of_recipient(tenant: str, recipient_id: str) -> str:
    """The name of a recipient."""
    return f"recipient {tenant}/{recipient_id}"


def of_signal(tenant: str, signal_id: str) -> str:
    """The name of a signal."""
    return f"signal {tenant}/{signal_id}"


def of_campaign(tenant: str, campaign_id: str) -> str:
    """The name of a campaign."""
    return f"campaign {tenant}/{campaign_id}"
