"""The reader of the log that keeps ingest's memory complete."""

from collections.abc import Sequence

from dramatis.ingest import metrics
from dramatis.ingest.adapters.grpc_items import to_found
from dramatis.ingest.app.follow import take_in
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.incoming import FoundEvent
from dramatis.runtime.event_log import Record
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sealed_record import SEALED


class Follower:
    """A `Handler` of the consumer loop for `recipient-events`.

    What this process has written and noted itself need not be opened: it comes sealed.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    async def applied(self) -> LogToken:
        """See `Handler`."""
        return await self._world.store.followed()

    def decode(self, record: Record) -> FoundEvent | None:
        """See `Handler`; None of what is known here."""
        return None if SEALED in record.headers else to_found(record)

    async def apply(self, items: Sequence[FoundEvent | None], position: LogToken) -> None:
        """See `Handler`."""
        strange = [each for each in items if each is not None]
        metrics.FOLLOWED.inc(await take_in(self._world, strange, position))

    async def knows(self, records: Sequence[Record]) -> Sequence[bool]:
        """Whether each record was written and noted by this process; so it is said once.

        A record may be read before its writer has noted it: that is waited for. To open it and to
        ask the store about it takes longer.
        """
        await self._world.noted.settled()
        return [self._world.noted.take(each.partition, each.offset) for each in records]
