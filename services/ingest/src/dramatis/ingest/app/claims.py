"""Who works on what: two calls about the same thing take turns, others do not wait."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager


class Claims:
    """Things that calls of this process are at work on.

    Between looking whether an event is known and noting that it is, nobody else may look.
    """

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def hold(self, things: Collection[str]) -> AsyncIterator[None]:
        """Waits until all of the things are free, then holds them. Never holds some and waits."""
        wanted = frozenset(things)
        async with self._freed:
            await self._freed.wait_for(lambda: self._held.isdisjoint(wanted))
            self._held |= wanted
        try:
            yield
        finally:
            await asyncio.shield(self._free(wanted))

    async def _free(self, things: frozenset[str]) -> None:
        async with self._freed:
            self._held -= things
            self._freed.notify_all()


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
