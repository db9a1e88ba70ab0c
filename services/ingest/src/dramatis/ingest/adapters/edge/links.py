"""Opens and clicks: `GET /o/{token}.gif`, `GET /c/{token}`.

A person waits for both, so neither waits for the log; see `spool`. The pixel is always served, an
address is led to only where its link was signed by us and is still good.
"""

import base64
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dramatis.api.common.v1 import event_pb2 as pb
from dramatis.core.errors import Invalid
from dramatis.ingest import metrics
from dramatis.ingest.adapters import grpc_items
from dramatis.ingest.adapters.edge import agents, ids
from dramatis.ingest.adapters.edge.errors import Gone
from dramatis.ingest.adapters.edge.segment_context import without_query
from dramatis.ingest.adapters.edge.spool import Spool
from dramatis.ingest.domain.links import CLICK, OPEN, Link, LinkKeys
from dramatis.runtime.clock import Clock
from dramatis.wire.times import to_timestamp

PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_OPENED, _CLICKED = pb.MESSAGE_EVENT_KIND_OPENED, pb.MESSAGE_EVENT_KIND_CLICKED
_PURPOSES: Final = ("sec-purpose", "purpose", "x-moz", "x-purpose")


class Links:
    """The doors in messages."""

    def __init__(self, keys: LinkKeys, spool: Spool, clock: Clock) -> None:
        self._keys = keys
        self._spool = spool
        self._clock = clock

    async def pixel(self, request: Request) -> Response:
        """One transparent pixel, whatever the token is; a good one counts an open."""
        try:
            tenant, link = self._keys.read(OPEN, request.path_params["token"])
        except Invalid:
            metrics.BAD_SIGNATURES.labels(OPEN).inc()
        else:
            if link.expires > self._clock():
                self._count(request, tenant, link, _OPENED)
        return Response(PIXEL, media_type="image/gif")

    async def redirect(self, request: Request) -> Response:
        """Leads on to the address in the token, and counts a click.

        Raises:
            Invalid: we did not sign the token, or it leads nowhere.
            Gone: it has expired.
        """
        tenant, link = self._keys.read(CLICK, request.path_params["token"])
        if not link.url:
            raise Invalid("this link leads nowhere", reason="BAD_LINK", field="token")
        if link.expires <= self._clock():
            raise Gone("this link has expired")
        self._count(request, tenant, link, _CLICKED)
        return Response(status_code=302, headers={"Location": link.url})

    def _count(
        self, request: Request, tenant: str, link: Link, kind: pb.MessageEventKind.ValueType
    ) -> None:
        """Notes what happened. Within one second the same thing counts once."""
        now = self._clock()
        machine = is_machine(request)
        event = pb.Event(
            event_id=ids.of("link", request.url.path, int(now.timestamp()), machine),
            recipient_id=link.recipient_id,
            event_time=to_timestamp(now),
        )
        if link.campaign_id or link.decision_id:
            event.attribution.campaign_id = link.campaign_id
            event.attribution.decision_id = link.decision_id
        event.message.kind = kind
        event.message.message_id = link.message_id
        event.message.machine = machine
        event.message.link = without_query(link.url)
        if device := agents.device_class(request.headers.get("user-agent", "")):
            event.context.device_class = device
        self._spool.add(tenant, grpc_items.to_event(event))


def is_machine(request: Request) -> bool:
    """Whether no person asked for this: a link scanner, a privacy proxy, a prefetch."""
    if request.method == "HEAD":
        return True
    headers = request.headers
    if any(agents.is_prefetch(headers.get(each, "")) for each in _PURPOSES):
        return True
    agent = headers.get("user-agent", "")
    return not agent or agents.is_machine(agent)
