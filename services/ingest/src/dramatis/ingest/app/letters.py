"""What a provider told that could not be used, kept for people to look at."""

from collections.abc import Sequence
from dataclasses import dataclass

from dramatis.core.errors import DramatisError
from dramatis.ingest.app.records import SOURCE
from dramatis.ingest.app.world import World
from dramatis.runtime import topics
from dramatis.runtime.envelope import reasons, seal


@dataclass(frozen=True, slots=True)
class Unusable:
    """An item that makes no event.

    Attributes:
        item_id: the same for the same item, however often it comes.
        recipient_id: whom it is about; empty where nobody can tell.
        value: what is kept of it, as JSON: no address of anybody.
        error: why.
    """

    item_id: str
    recipient_id: str
    value: bytes
    error: DramatisError


async def set_aside(world: World, tenant: str, door: str, items: Sequence[Unusable]) -> None:
    """Appends items to the dead letters; on return they are durable.

    Raises:
        Unavailable: it is not known what was written; do it again.
    """
    now = world.clock()
    new = [
        seal(
            topics.DEAD_LETTERS.name,
            topics.RECIPIENT_EVENTS.name,
            f"{door}:{tenant}/{item.item_id}",
            item.value,
            type_name=f"dramatis.{door}",
            source=SOURCE,
            time=now,
            extra={
                "content-type": "application/json",
                **reasons(
                    item.error, "ingest", topics.RECIPIENT_EVENTS.name if item.recipient_id else "",
                    f"{tenant}/{item.recipient_id}", item.item_id,
                ),
            },
        )
        for item in items
    ]  # fmt: skip
    if new:
        await world.log.append(new)
