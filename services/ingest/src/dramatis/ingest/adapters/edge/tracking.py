"""The tracking API: `POST /v1/track|identify|page|screen|group|alias|batch`.

The answer 200 means that what it says is accepted is durable. A batch is answered item by item; the
SDKs look at the status alone, and send again what was answered with 429 or 5xx.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dramatis.core.errors import DramatisError, Invalid
from dramatis.ingest import metrics
from dramatis.ingest.adapters import grpc_items
from dramatis.ingest.adapters.edge import body, segment
from dramatis.ingest.adapters.edge.body import BodyLimits
from dramatis.ingest.adapters.edge.errors import TooLarge, body_of, status_of
from dramatis.ingest.adapters.edge.fields import Json, bad, mapping, text
from dramatis.ingest.adapters.edge.keys import WriteKeys
from dramatis.ingest.adapters.edge.places import Places
from dramatis.ingest.adapters.edge.publish import publish
from dramatis.ingest.adapters.edge.segment import Call
from dramatis.ingest.app.breath import breathing
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.incoming import IncomingEvent
from dramatis.ingest.domain.verdict import Outcome, Verdict, rejected

MAX_ITEMS: Final = 2_500
CALLS: Final = ("track", "identify", "page", "screen", "group", "alias")
SHORT: Final = {each[0]: each for each in CALLS}
"""As browsers' SDKs name the calls: /v1/t, /v1/i, /v1/p."""

_GOOD: Final = frozenset({Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.QUARANTINED})


class Tracking:
    """The door of sites, apps and servers."""

    def __init__(self, world: World, keys: WriteKeys, limits: BodyLimits, places: Places) -> None:
        self._world = world
        self._keys = keys
        self._limits = limits
        self._places = places

    async def one(self, request: Request) -> Response:
        """Takes in one message."""
        kind = request.url.path.rpartition("/")[2]
        tenant, message, call, size = await self._read(request)
        with self._places.hold(tenant):
            found = _event(message, SHORT.get(kind, kind), call)
            (verdict,) = await self._take(tenant, [found], size)
        if verdict.error and verdict.outcome not in _GOOD:
            raise verdict.error
        return JSONResponse({"success": True, "results": [_result(verdict)]})

    async def batch(self, request: Request) -> Response:
        """Takes in many messages; each has its own result."""
        tenant, whole, call, size = await self._read(request)
        items = whole.get("batch")
        if not isinstance(items, list) or not items:
            raise bad("batch", "is a list of one message or more")
        if len(items) > MAX_ITEMS:
            raise TooLarge(f"a batch has at most {MAX_ITEMS:,} messages", field="batch")
        with self._places.hold(tenant):
            found = [_item(each, call) async for some in breathing(items) for each in some]
            verdicts = await self._take(tenant, found, size)
        results = [_result(each, f"batch[{at}].") for at, each in enumerate(verdicts)]
        good = any(each.outcome in _GOOD for each in verdicts)
        return JSONResponse(
            {"success": good, "results": results}, 200 if good else _worst(verdicts)
        )

    async def _read(self, request: Request) -> tuple[str, Json, Call, int]:
        """Whose request it is, its body, what holds for all of its messages, and its size."""
        known = self._keys.writer(request) if "authorization" in request.headers else None
        raw = await body.read(request, self._limits)
        parsed = mapping(body.parse(raw), "body")
        # a browser sends the key in the body: no other header needs no leave of ours
        writer = known or self._keys.writer(request, text(parsed, "writeKey"))
        agent = request.headers.get("user-agent", "") if "origin" in request.headers else ""
        now = self._world.clock()
        call = segment.call_of(parsed, now, agent, public=writer.public)
        return writer.tenant, parsed, call, len(raw)

    async def _take(
        self, tenant: str, found: Sequence[IncomingEvent | Invalid], size: int
    ) -> Sequence[Verdict]:
        """A verdict for each message, those of good ones once they are durable."""
        events = [each for each in found if not isinstance(each, Invalid)]
        bad = [rejected("schema", each) for each in found if isinstance(each, Invalid)]
        metrics.count("event", bad)
        verdicts = iter(await publish(self._world, tenant, events, size))
        unread = iter(bad)
        return [next(unread if isinstance(each, Invalid) else verdicts) for each in found]


def _item(value: Any, call: Call) -> IncomingEvent | Invalid:
    """A message of a batch, or why it is none."""
    if not isinstance(value, dict):
        return bad("", "a message is an object")
    kind = value.get("type")
    return _event(value, kind if isinstance(kind, str) else "", call)


def _event(message: Json, kind: str, call: Call) -> IncomingEvent | Invalid:
    try:
        event = segment.to_event(message, kind, call)
        return grpc_items.to_event(event, ip=segment.ip_of(message, call))
    except Invalid as error:
        return error


def _result(verdict: Verdict, path: str = "") -> Mapping[str, Any]:
    said: dict[str, Any] = {"outcome": verdict.outcome.name}
    if verdict.error:
        said |= body_of(verdict.error)
        if "field" in said:
            said["field"] = f"{path}{said['field']}".rstrip(".")
    return said


def _worst(verdicts: Sequence[Verdict]) -> int:
    """The status of a batch of which nothing came in."""
    errors: list[DramatisError] = [each.error for each in verdicts if each.error]
    return min((status_of(each) for each in errors), default=400)
