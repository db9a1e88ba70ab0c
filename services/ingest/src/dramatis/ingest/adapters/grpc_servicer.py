"""The RPCs of ingest: check, convert, hand to the use case, answer."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any, Final, cast

from google.protobuf.message import Message

from dramatis.api.common.v1 import campaign_pb2, item_pb2
from dramatis.api.ingest.v1 import ingest_pb2 as pb
from dramatis.api.ingest.v1 import ingest_pb2_grpc
from dramatis.core.request import Request
from dramatis.ingest import metrics
from dramatis.ingest.adapters import grpc_campaigns, grpc_items, grpc_recipients, grpc_refusals
from dramatis.ingest.adapters.grpc_recipients import to_recipients
from dramatis.ingest.adapters.grpc_requests import check_count, check_id, check_sequence
from dramatis.ingest.app import access
from dramatis.ingest.app.answers import Encoder, Published, Seal, forget, once
from dramatis.ingest.app.campaigns import preview, upsert_campaigns
from dramatis.ingest.app.consents import record_consents
from dramatis.ingest.app.publish import publish_events
from dramatis.ingest.app.recipients import upsert_recipients
from dramatis.ingest.app.signals import publish_signals
from dramatis.ingest.app.windows import Order, in_order
from dramatis.ingest.app.world import World
from dramatis.runtime import pages
from dramatis.runtime.identity import current_tenant
from dramatis.runtime.requests import identify
from dramatis.wire.times import to_timestamp

MAX_EVENTS: Final = 10_000
MAX_SIGNALS: Final = 1_000
MAX_CAMPAIGNS: Final = 1_000

Context = Any
add_to_server = ingest_pb2_grpc.add_IngestServiceServicer_to_server


class IngestServicer(ingest_pb2_grpc.IngestServiceServicer):
    """Answers `dramatis.api.ingest.v1.IngestService`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def PublishEvents(  # noqa: N802
        self, request: pb.PublishEventsRequest, context: Context
    ) -> pb.PublishEventsResponse:
        """Accepts events."""
        call = identify("PublishEvents", request)
        check_count(request.events, MAX_EVENTS, "events")

        def encode(done: Published) -> bytes:
            return pb.PublishEventsResponse(
                results=_results(done, "event"), log_token=done.log_token
            ).SerializeToString()

        async def work(seal: Seal) -> object:
            events = await grpc_items.to_events(request.events)
            return await publish_events(self._world, call.tenant, events, seal)

        body = await self._once(call, request, len(request.events), encode, work)
        return pb.PublishEventsResponse.FromString(body)

    async def StreamEvents(  # noqa: N802
        self, requests: AsyncIterator[pb.StreamEventsRequest], context: Context
    ) -> AsyncIterator[pb.StreamEventsResponse]:
        """Accepts windows of events; several are in work at once, answered in their order."""
        tenant = current_tenant()

        async def work(window: pb.StreamEventsRequest, order: Order) -> pb.StreamEventsResponse:
            done = await self._world.errands.finish(self._window(tenant, window, order))
            exceptions = [
                pb.IndexedItemResult(index=index, result=result)
                for index, result in enumerate(_results(done, "event"))
                if result.outcome != item_pb2.ITEM_OUTCOME_ACCEPTED
            ]
            return pb.StreamEventsResponse(
                sequence=window.sequence, exceptions=exceptions, log_token=done.log_token
            )

        async with aclosing(in_order(_checked(requests), work)) as answers:
            async for answer in answers:
                yield answer

    async def _window(self, tenant: str, window: pb.StreamEventsRequest, order: Order) -> Published:
        count, size = len(window.events), window.ByteSize()
        async with self._world.intake.wait(tenant, count, size):
            events = await grpc_items.to_events(window.events)
            return await publish_events(self._world, tenant, events, forget, order)

    async def PublishSignals(  # noqa: N802
        self, request: pb.PublishSignalsRequest, context: Context
    ) -> pb.PublishSignalsResponse:
        """Accepts signals."""
        call = identify("PublishSignals", request)
        check_count(request.signals, MAX_SIGNALS, "signals")
        signals = [grpc_items.to_signal(signal) for signal in request.signals]

        def encode(done: Published) -> bytes:
            return pb.PublishSignalsResponse(
                results=_results(done, "signal"), log_token=done.log_token
            ).SerializeToString()

        body = await self._once(
            call,
            request,
            len(signals),
            encode,
            lambda seal: publish_signals(self._world, call.tenant, signals, seal),
        )
        return pb.PublishSignalsResponse.FromString(body)

    async def UpsertRecipients(  # noqa: N802
        self, request: pb.UpsertRecipientsRequest, context: Context
    ) -> pb.UpsertRecipientsResponse:
        """Creates or changes recipients."""
        call = identify("UpsertRecipients", request)
        check_count(request.recipients, MAX_EVENTS, "recipients")
        recipients = to_recipients(request, self._world.clock())

        def encode(done: Published) -> bytes:
            return pb.UpsertRecipientsResponse(
                results=_results(done, "recipient"), log_token=done.log_token
            ).SerializeToString()

        body = await self._once(
            call,
            request,
            len(recipients),
            encode,
            lambda seal: upsert_recipients(self._world, call.tenant, recipients, seal),
        )
        return pb.UpsertRecipientsResponse.FromString(body)

    async def UpsertCampaigns(  # noqa: N802
        self, request: pb.UpsertCampaignsRequest, context: Context
    ) -> pb.UpsertCampaignsResponse:
        """Creates or changes campaigns, or only says what would be."""
        call = identify("UpsertCampaigns", request)
        check_count(request.campaigns, MAX_CAMPAIGNS, "campaigns")
        drafts = grpc_campaigns.to_drafts(request)

        def encode(done: Published) -> bytes:
            values = [each.value if each else b"" for each in done.campaigns]
            return pb.UpsertCampaignsResponse(
                results=_results(done, "campaign"),
                campaigns=map(campaign_pb2.Campaign.FromString, values),
                log_token=done.log_token,
            ).SerializeToString()

        if request.validate_only:
            body = encode(await preview(self._world, call.tenant, drafts))
        else:
            body = await self._once(
                call,
                request,
                len(drafts),
                encode,
                lambda seal: upsert_campaigns(self._world, call.tenant, drafts, seal),
                urgent=True,
            )
        return pb.UpsertCampaignsResponse.FromString(body)

    async def ListCampaigns(  # noqa: N802
        self, request: pb.ListCampaignsRequest, context: Context
    ) -> pb.ListCampaignsResponse:
        """The tenant's campaigns, by id."""
        listing, size = f"campaigns {current_tenant()}", pages.size(request.page_size, 100, 1_000)
        after = str(pages.place(listing, request.page_token, [""])[0])
        found = await self._world.store.list_campaigns(current_tenant(), after, size + 1)
        shown = pages.fitting(found, size, lambda each: len(each.value))
        more = len(shown) < len(found)
        return pb.ListCampaignsResponse(
            campaigns=[campaign_pb2.Campaign.FromString(each.value) for each in shown],
            next_page_token=pages.token(listing, [shown[-1].campaign_id]) if more else "",
        )

    async def RecordConsent(  # noqa: N802
        self, request: pb.RecordConsentRequest, context: Context
    ) -> pb.RecordConsentResponse:
        """Notes what recipients said about the use of their data."""
        call = identify("RecordConsent", request)
        check_count(request.statements, MAX_EVENTS, "statements")
        statements = [grpc_items.to_statement(each) for each in request.statements]

        def encode(done: Published) -> bytes:
            return pb.RecordConsentResponse(
                results=_results(done, "statement"), log_token=done.log_token
            ).SerializeToString()

        body = await self._once(
            call,
            request,
            len(statements),
            encode,
            lambda seal: record_consents(self._world, call.tenant, statements, seal),
            urgent=True,
        )
        return pb.RecordConsentResponse.FromString(body)

    async def GetRecipientData(  # noqa: N802
        self, request: pb.GetRecipientDataRequest, context: Context
    ) -> pb.GetRecipientDataResponse:
        """Everything that is held of one recipient."""
        check_id(request.recipient_id)
        tenant, size = current_tenant(), pages.size(request.page_size, 500, 1_000)
        listing = f"data of {tenant}/{request.recipient_id}"
        partition, offset = pages.place(listing, request.page_token, [*access.START])
        after, folded = (int(partition), int(offset)), grpc_recipients.Folded()
        held = await access.collect(
            self._world, tenant, request.recipient_id, after, size, folded.fold
        )
        answer = grpc_recipients.from_dossier(held, listing, size)
        if after == access.START:
            attributes = folded.attributes(self._world.clock())
            grpc_recipients.describe(answer, request.recipient_id, held, attributes)
        return answer

    async def ListRefusals(  # noqa: N802
        self, request: pb.ListRefusalsRequest, context: Context
    ) -> pb.ListRefusalsResponse:
        """What was refused, in counts by day."""
        tenant, size = current_tenant(), pages.size(request.page_size, 100, 1_000)
        days, after = grpc_refusals.days(request), grpc_refusals.after(tenant, request)
        found = await self._world.store.list_notes(tenant, days, after, size + 1)
        return grpc_refusals.answer(tenant, found, size)

    async def EraseRecipient(  # noqa: N802
        self, request: pb.EraseRecipientRequest, context: Context
    ) -> pb.EraseRecipientResponse:
        """Forgets a recipient."""
        call = identify("EraseRecipient", request)
        check_id(request.recipient_id)

        def encode(time: datetime, log_token: str) -> bytes:
            metrics.ERASURES.inc()
            return pb.EraseRecipientResponse(
                erase_time=to_timestamp(time), log_token=log_token
            ).SerializeToString()

        body = await self._world.errands.finish(
            once(
                self._world,
                call,
                lambda: access.erase(self._world, call, request.recipient_id, encode),
            )
        )
        return pb.EraseRecipientResponse.FromString(body)

    async def _once(
        self,
        call: Request,
        message: Message,
        items: int,
        encode: Callable[[Published], bytes],
        work: Callable[[Seal], Awaitable[object]],
        *,
        urgent: bool = False,
    ) -> bytes:
        seal = Encoder(self._world.clock, call, encode)
        return await self._world.carry(
            call.tenant,
            items,
            message.ByteSize(),
            lambda: once(self._world, call, lambda: work(seal)),
            urgent=urgent,
        )


async def _checked(
    requests: AsyncIterator[pb.StreamEventsRequest],
) -> AsyncGenerator[pb.StreamEventsRequest, None]:
    """The windows, each the next one and of a size that may be."""
    sequence = 0
    async with aclosing(cast(AsyncGenerator[pb.StreamEventsRequest, None], requests)) as windows:
        async for window in windows:
            sequence += 1
            check_sequence(window.sequence, sequence)
            check_count(window.events, MAX_EVENTS, "events")
            yield window


def _results(done: Published, kind: str) -> Sequence[item_pb2.ItemResult]:
    """Counts the verdicts, and says them as the contract does."""
    metrics.count(kind, done.verdicts)
    metrics.count_fields(done.notes)
    return grpc_items.from_verdicts(done.verdicts, f"{kind}s")
