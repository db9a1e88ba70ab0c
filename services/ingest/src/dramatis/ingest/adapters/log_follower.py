"""The reader of the log that keeps ingest's memory complete."""

from collections.abc import Sequence

from dramatis.ingest import metrics
from dramatis.ingest.adapters.grpc_items import to_found
from dramatis.ingest.app.follow import take_in
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.incoming import FoundEvent
from dramatis.runtime.event_log import Record
from dramatis.runtime.log_token import LogToken


class Follower:
    """A `Handler` of the consumer loop for `recipient-events`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def applied(self) -> LogToken:
        """See `Handler`."""
        return await self._world.store.followed()

    def decode(self, record: Record) -> FoundEvent:
        """See `Handler`."""
        return to_found(record)

    async def apply(self, items: Sequence[FoundEvent], position: LogToken) -> None:
        """See `Handler`."""
        metrics.FOLLOWED.inc(await take_in(self._world, items, position))
