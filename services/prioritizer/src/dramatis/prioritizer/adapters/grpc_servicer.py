"""The prioritizer's RPCs."""

import hashlib
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from google.protobuf.message import Message

from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.api.prioritizer.v1 import prioritizer_pb2_grpc
from dramatis.core.errors import DramatisError, Invalid
from dramatis.prioritizer.adapters import reports
from dramatis.prioritizer.adapters.desk import Desk
from dramatis.prioritizer.app.prioritize import Remaining
from dramatis.prioritizer.ports import Ledger
from dramatis.runtime.identity import current_tenant
from dramatis.wire.errors import from_error

SHARE_OF_DEADLINE: Final = 0.8
"""After this share of the caller's time the answer comes from the best rung there is."""
LONGEST_SECONDS: Final = 30.0
"""Nobody is taken to have more time: a stream's deadline is that of all its windows together."""

Context = Any
add_to_server = prioritizer_pb2_grpc.add_PrioritizerServiceServicer_to_server


class PrioritizerServicer(prioritizer_pb2_grpc.PrioritizerServiceServicer):
    """Answers the calls of one server."""

    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk = desk
        self._ledger = ledger

    async def Prioritize(  # noqa: N802 - named by the contract
        self, request: pb.PrioritizeRequest, context: Context
    ) -> pb.PrioritizeResponse:
        """Decides for 1..500 recipients."""
        remaining = budget(context.time_remaining())
        return await self._desk.prioritize(current_tenant(), request, remaining)

    async def PrioritizeStream(  # noqa: N802
        self, requests: AsyncIterator[pb.PrioritizeStreamRequest], context: Context
    ) -> AsyncIterator[pb.PrioritizeStreamResponse]:
        """Decides window by window; a bad window spoils only itself."""
        tenant, expected = current_tenant(), 1
        async for window in requests:
            if window.sequence != expected:
                raise Invalid(
                    f"sequence rises by one from 1: expected {expected}, got {window.sequence}",
                    reason="SEQUENCE",
                    field="sequence",
                )
            expected += 1
            yield await self._window(tenant, window, budget(context.time_remaining()))

    async def _window(
        self, tenant: str, window: pb.PrioritizeStreamRequest, remaining: Remaining
    ) -> pb.PrioritizeStreamResponse:
        try:
            response = await self._desk.prioritize(tenant, window.request, remaining)
        except DramatisError as error:
            return pb.PrioritizeStreamResponse(sequence=window.sequence, error=from_error(error))
        return pb.PrioritizeStreamResponse(sequence=window.sequence, response=response)

    async def ConfirmSends(  # noqa: N802
        self, request: pb.ConfirmSendsRequest, context: Context
    ) -> pb.ConfirmSendsResponse:
        """Takes what became of decided sends."""
        reports.check(request.request_id, len(request.confirmations), "confirmations")
        settled = await self._ledger.settle(
            current_tenant(), "ConfirmSends", request.request_id, _fingerprint(request),
            reports.to_confirmations(request.confirmations),
        )  # fmt: skip
        return pb.ConfirmSendsResponse(results=reports.to_results(settled))

    async def ReportOutcomes(  # noqa: N802
        self, request: pb.ReportOutcomesRequest, context: Context
    ) -> pb.ReportOutcomesResponse:
        """Takes what recipients did."""
        reports.check(request.request_id, len(request.outcomes), "outcomes")
        settled = await self._ledger.settle(
            current_tenant(), "ReportOutcomes", request.request_id, _fingerprint(request),
            reports.to_responses(request.outcomes),
        )  # fmt: skip
        return pb.ReportOutcomesResponse(results=reports.to_results(settled))

    async def GetDecision(  # noqa: N802
        self, request: pb.GetDecisionRequest, context: Context
    ) -> pb.GetDecisionResponse:
        """One decision with all that led to it."""
        body = await self._ledger.get(current_tenant(), request.decision_id)
        return pb.GetDecisionResponse(decision=pb.Decision.FromString(body))


def budget(seconds: float | None) -> Remaining:
    """Counts down to the moment when an answer must be under way.

    Args:
        seconds: until the caller's deadline; None: there is none.
    """
    left = LONGEST_SECONDS if seconds is None else min(seconds, LONGEST_SECONDS)
    late = time.monotonic() + SHARE_OF_DEADLINE * left
    return lambda: late - time.monotonic()


def _fingerprint(request: Message) -> bytes:
    said = request.SerializeToString(deterministic=True)
    return hashlib.blake2b(said, digest_size=16).digest()
