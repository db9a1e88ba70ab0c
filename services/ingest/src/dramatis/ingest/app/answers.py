"""One effect per request: the same id gets the original answer."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dramatis.core.request import Request
from dramatis.ingest.app import claims
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.notes import Note
from dramatis.ingest.domain.verdict import Verdict
from dramatis.ingest.ports import Answer, HeldCampaign
from dramatis.runtime.clock import Clock


@dataclass(frozen=True, slots=True)
class Published:
    """What became of a batch.

    Attributes:
        verdicts: one per item, in its order.
        log_token: where the log stands after it.
        campaigns: where campaigns were written, each as it is now; None where rejected.
        notes: what was taken away of the items that came in, counted.
    """

    verdicts: Sequence[Verdict]
    log_token: str
    campaigns: Sequence[HeldCampaign | None] = ()
    notes: Mapping[Note, int] = field(default_factory=dict)


Seal = Callable[[Published], Answer | None]
"""Makes of what was done the answer to remember; None where nobody could ask for it again."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """Writes answers of one request as they will be sent."""

    clock: Clock
    request: Request
    encode: Callable[[Published], bytes]

    def __call__(self, published: Published) -> Answer:
        """The answer to remember."""
        return Answer(self.request, self.encode(published), self.clock())


def forget(published: Published) -> None:
    """The `Seal` of what is never asked for again, such as a window of a stream."""


async def once(world: World, request: Request, work: Callable[[], Awaitable[object]]) -> bytes:
    """The answer of a request; `work` saves it with its effect, unless that happened before.

    Raises:
        Invalid: the id was used before with another body.
    """
    name = claims.of_request(request.tenant, request.method, request.request_id)
    async with world.claims.hold({name}):
        earlier = await world.store.answer(request)
        if earlier is None:
            await work()
            earlier = await world.store.answer(request)
        assert earlier is not None, "the work saves its answer"
        return earlier
