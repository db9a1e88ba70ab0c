"""The five services over gRPC, as the replay sees them."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from dramatis.api.common.v1 import item_pb2, stage_pb2
from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.cli.adapters import messages
from dramatis.cli.adapters.clients import Connection
from dramatis.cli.backtest.ports import (
    Ingested,
    Recipients,
    Responses,
)
from dramatis.cli.backtest.spec import Spec
from dramatis.core.campaign import CONTROL
from dramatis.core.errors import DramatisError
from dramatis.wire.campaigns import to_campaign

T = TypeVar("T")

BATCH: Final = 1_000
WRITERS: Final = 2
"""Batches in flight while writing."""
ENDED: Final = (
    stage_pb2.JOB_STATE_SUCCEEDED, stage_pb2.JOB_STATE_FAILED, stage_pb2.JOB_STATE_CANCELLED,
)  # fmt: skip
_STAGES: Final = {number: stage for stage, number in messages.STAGES.items() if stage != "amount"}


class GrpcServices:
    """One tenant's services, for one replay.

    Args:
        connection: open channels.
        seed: of personas, simulation and optimization.
        footprint: memory of the processes behind the addresses.
    """

    def __init__(
        self, connection: Connection, seed: int, footprint: Callable[[], Mapping[str, int]]
    ) -> None:
        self._on = connection
        self._to = connection.clients
        self._seed = seed
        self._footprint = footprint
        self._requests = 0
        self._tokens: dict[int, str] = {}
        self._engine = ""

    async def open_campaigns(self, spec: Spec) -> None:
        """Announces campaigns, priced by the objective."""
        self._spec = spec
        self._arms = {CONTROL: 0} | {c.campaign_id: i + 1 for i, c in enumerate(spec.campaigns)}
        self._campaigns = tuple(map(to_campaign, messages.campaigns(spec)))
        request = ingest_pb2.UpsertCampaignsRequest(
            request_id=self._request_id(), campaigns=messages.campaigns(spec)
        )
        answer = await self._on.call(self._to.ingest.UpsertCampaigns, request)
        for result in answer.results:
            if result.outcome != item_pb2.ITEM_OUTCOME_ACCEPTED:
                raise DramatisError(result.error.message, reason=result.error.reason)
        self._token = answer.log_token

    async def enrol(self, recipients: Recipients) -> Ingested:
        """Writes recipients with their features."""

        def request(batch: Sequence[object]) -> ingest_pb2.UpsertRecipientsRequest:
            return ingest_pb2.UpsertRecipientsRequest(
                request_id=self._request_id(),
                recipients=batch,  # type: ignore[arg-type]
            )

        people = messages.recipients(recipients, self._spec.features)
        return await self._write(self._to.ingest.UpsertRecipients, map(request, chunks(people)))

    async def learn(self, responses: Responses) -> Ingested:
        """Writes sends and responses; the control's too."""

        def request(batch: Sequence[object]) -> ingest_pb2.PublishEventsRequest:
            return ingest_pb2.PublishEventsRequest(
                request_id=self._request_id(),
                events=batch,  # type: ignore[arg-type]
            )

        events = messages.events(responses, self._spec)
        return await self._write(self._to.ingest.PublishEvents, map(request, chunks(events)))

    async def _write(self, method: Callable[..., object], requests: Iterable[object]) -> Ingested:
        """Sends the requests, a few at a time; the same order gives the same log."""
        begun, outcomes, reasons = time.perf_counter(), Counter[int](), Counter[str]()
        tokens: list[str] = []

        async def send(waiting: Iterator[object]) -> None:
            for request in waiting:
                answer = await self._on.call(method, request)  # type: ignore[arg-type]
                outcomes.update(result.outcome for result in answer.results)
                reasons.update(r.error.reason for r in answer.results if r.HasField("error"))
                tokens.append(answer.log_token)

        shared = iter(requests)
        await asyncio.gather(*(send(shared) for _ in range(WRITERS)))
        self._token = _join([self._token, *tokens])
        accepted = outcomes[item_pb2.ITEM_OUTCOME_ACCEPTED]
        seconds = time.perf_counter() - begun
        return Ingested(accepted, outcomes.total() - accepted, seconds, dict(reasons))
