"""What ESPs tell: `POST /v1/webhooks/{provider}/{tenant}`.

The answer 200 means durable: what could be used is in the log, what could not is among the dead
letters, and there is no point in sending it again. While nothing can be written it is 503.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dramatis.core.errors import DramatisError, Invalid, NotFound, Refused
from dramatis.ingest.adapters.edge import body, ids, messages, remains
from dramatis.ingest.adapters.edge.body import BodyLimits
from dramatis.ingest.adapters.edge.messages import Item
from dramatis.ingest.adapters.edge.places import Places
from dramatis.ingest.adapters.edge.publish import publish
from dramatis.ingest.app.breath import breathing
from dramatis.ingest.app.letters import Unusable, set_aside
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.addresses import is_email
from dramatis.ingest.domain.incoming import IncomingEvent
from dramatis.ingest.domain.verdict import Outcome, Verdict

Hook = Callable[[Mapping[str, str], bytes, datetime], Awaitable[Sequence[Item]]]
"""Verifies a request of a provider, headers and raw body, and reads it.

Raises:
    Refused, Unauthenticated: it is not from the provider.
    Invalid: it is nothing that the provider sends.
"""

Hooks = Mapping[tuple[str, str], Hook]
"""By provider and tenant."""

Usable = tuple[Item, IncomingEvent]
Bad = tuple[Item, DramatisError, str]


class Webhooks:
    """The door of the ESPs."""

    def __init__(
        self,
        world: World,
        hooks: Hooks,
        limits: BodyLimits,
        places: Places,
    ) -> None:
        self._world = world
        self._hooks = hooks
        self._limits = limits
        self._places = places

    async def __call__(self, request: Request) -> Response:
        """Takes in what a provider tells."""
        provider, tenant = request.path_params["provider"], request.path_params["tenant"]
        hook = self._hooks.get((provider, tenant))
        if hook is None:
            raise NotFound("webhook", f"{provider}/{tenant}")
        with self._places.hold(tenant):
            raw = await body.read(request, self._limits)
            items = await hook(request.headers, raw, self._world.clock())
            return JSONResponse(await self._take(tenant, provider, items, len(raw)))

    async def _take(
        self, tenant: str, provider: str, items: Sequence[Item], size: int
    ) -> Mapping[str, int]:
        """Writes the items, and says how many became what."""
        usable, unusable = await self._sort(tenant, items)
        events = [event for _, event in usable]
        verdicts = await publish(self._world, tenant, events, size)
        rejected = [
            (item, verdict.error, event.recipient_id)
            for (item, event), verdict in zip(usable, verdicts, strict=True)
            if _is_unusable(verdict) and verdict.error
        ]
        letters = [_letter(each) for each in (*unusable, *rejected)]
        await set_aside(self._world, tenant, f"webhooks.{provider}", letters)
        silent = sum(not isinstance(item.told, Invalid) and not item.told for item in items)
        counts = Counter(verdict.outcome.name.lower() for verdict in verdicts)
        return {**counts, "ignored": silent, "set_aside": len(letters)}

    async def _sort(
        self, tenant: str, items: Sequence[Item]
    ) -> tuple[Sequence[Usable], Sequence[Bad]]:
        usable: list[Usable] = []
        unusable: list[Bad] = []
        async for some in breathing(items):
            for item in some:
                for event in self._events(tenant, item):
                    if isinstance(event, Invalid):
                        unusable.append((item, event, ""))
                    else:
                        usable.append((item, event))
        return usable, unusable

    def _events(self, tenant: str, item: Item) -> Sequence[IncomingEvent | Invalid]:
        if isinstance(item.told, Invalid):
            return (item.told,)
        return [messages.read(told, tenant, self._world.pseudonym) for told in item.told]


def _is_unusable(verdict: Verdict) -> bool:
    """Whether an event was rejected for what it is; who does not allow it leaves no trace."""
    return verdict.outcome is Outcome.REJECTED and not isinstance(verdict.error, Refused)


def _letter(bad: Bad) -> Unusable:
    item, error, named = bad
    recipient_id = "" if is_email(named) else named
    return Unusable(ids.of("item", item.raw), recipient_id, remains.of(item.raw), error)
