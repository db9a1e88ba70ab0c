"""The RPCs of ingest: check, convert, hand to the use case, answer."""

from collections.abc import AsyncIterator
from typing import Any, Final

from dramatis.api.ingest.v1 import ingest_pb2 as pb
from dramatis.api.ingest.v1 import ingest_pb2_grpc
from dramatis.core.errors import Invalid
from dramatis.ingest import metrics
from dramatis.ingest.adapters import grpc_items
from dramatis.ingest.adapters.grpc_requests import check_count, identify
from dramatis.ingest.app.answers import Encoder, Published, forget, once
from dramatis.ingest.app.publish import publish_events
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.verdict import ACCEPTED
from dramatis.runtime.identity import current_tenant

MAX_EVENTS: Final = 10_000

Context = Any


class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    """Answers `dramatis.api.ingest.v1.IngestService`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def PublishEvents(  # noqa: N802
        self, request: pb.PublishEventsRequest, context: Context
    ) -> pb.PublishEventsResponse:
        """Accepts events; see the contract."""
        call = identify("PublishEvents", request)
        check_count(request.events, MAX_EVENTS, "events")
        events = [grpc_items.to_event(event) for event in request.events]

        def encode(published: Published) -> bytes:
            metrics.count("event", published.verdicts)
            return pb.PublishEventsResponse(
                results=grpc_items.from_verdicts(published.verdicts, "events"),
                log_token=published.log_token,
            ).SerializeToString()

        seal = Encoder(self._world, call, encode)
        body = await once(
            self._world, call, lambda: publish_events(self._world, call.tenant, events, seal)
        )
        return pb.PublishEventsResponse.FromString(body)

    async def StreamEvents(  # noqa: N802
        self, requests: AsyncIterator[pb.StreamEventsRequest], context: Context
    ) -> AsyncIterator[pb.StreamEventsResponse]:
        """Accepts windows of events in turn; see the contract."""
        tenant, expected = current_tenant(), 1
        async for window in requests:
            if window.sequence != expected:
                raise Invalid(
                    f"sequence rises by one from 1: expected {expected}, got {window.sequence}",
                    reason="BAD_SEQUENCE",
                    field="sequence",
                )
            expected += 1
            check_count(window.events, MAX_EVENTS, "events")
            events = [grpc_items.to_event(event) for event in window.events]
            published = await publish_events(self._world, tenant, events, forget)
            metrics.count("event", published.verdicts)
            results = grpc_items.from_verdicts(published.verdicts, "events")
            yield pb.StreamEventsResponse(
                sequence=window.sequence,
                exceptions=[
                    pb.IndexedItemResult(index=index, result=result)
                    for index, result in enumerate(results)
                    if published.verdicts[index] is not ACCEPTED
                ],
                log_token=published.log_token,
            )
