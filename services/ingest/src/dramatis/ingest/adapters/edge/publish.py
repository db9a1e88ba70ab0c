"""Events of a request go in, as those of an RPC do: within quotas, to their end, counted."""

from collections.abc import Sequence

from dramatis.ingest import metrics
from dramatis.ingest.app.answers import forget
from dramatis.ingest.app.publish import publish_events
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.incoming import IncomingEvent
from dramatis.ingest.domain.verdict import Verdict


async def publish(
    world: World, tenant: str, events: Sequence[IncomingEvent], size: int
) -> Sequence[Verdict]:
    """A verdict for each event; what is accepted is durable.

    Args:
        world: the ports.
        tenant: whose events.
        events: of one request.
        size: of the request, in bytes.

    Raises:
        Exhausted: there is no room, or the tenant has sent more than its quota.
        Unavailable: it is not known what was written; send the same request again.
    """
    if not events:
        return ()
    done = await world.carry(
        tenant, len(events), size, lambda: publish_events(world, tenant, events, forget)
    )
    metrics.count("event", done.verdicts)
    metrics.count_fields(done.notes)
    return done.verdicts
