"""Decisions for many recipients through `Prioritize`, gathered into columns."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from dramatis.api.common.v1 import consent_pb2, recipient_pb2
from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.cli.adapters.clients import Connection
from dramatis.cli.backtest.ports import Decisions
from dramatis.core.errors import Unavailable
from dramatis.core.snapshot import Snapshot

BATCH: Final = 250
CALLERS: Final = 2
SERVED_SECONDS: Final = 30.0


class _Columns:
    """Answers of R recipients over C campaigns and P personas, filled batch by batch."""

    def __init__(self, recipients: int, arms: Mapping[str, int], personas: Sequence[str]) -> None:
        self.arms = arms
        self.personas = {persona: k for k, persona in enumerate(personas)}
        self.arm = np.zeros(recipients, dtype=np.int64)
        self.scores = np.full((recipients, len(arms) - 1), np.nan)
        self.membership = np.zeros((recipients, len(personas)))
        self.reasons, self.rungs = Counter[str](), Counter[str]()

    def fill(self, at: int, answers: Sequence[pb.Prioritization]) -> None:
        """Puts a batch whose first recipient is number `at`."""
        for row, answer in enumerate(answers, start=at):
            if answer.ranked:
                self.arm[row] = self.arms[answer.ranked[0].campaign_id]
            for campaign in answer.considered:
                self.scores[row, self.arms[campaign.campaign_id] - 1] = campaign.score
            for share in answer.personas:
                self.membership[row, self.personas[share.persona_id]] = share.membership
            blocked = {each.reason for each in answer.suppressions} if not answer.ranked else set()
            self.reasons.update(pb.SuppressionReason.Name(each)[19:] for each in blocked)
            self.rungs[pb.Rung.Name(answer.rung)[5:]] += 1


async def decide_all(
    on: Connection,
    recipients: Sequence[recipient_pb2.Recipient],
    arms: Mapping[str, int],
    snapshot: Snapshot,
    plan_id: str,
) -> Decisions:
    """One dry-run decision per recipient, in order, from this snapshot and plan.

    Raises:
        Unavailable: the prioritizer does not come to serve them.
    """
    await _served(on, snapshot.snapshot_id, plan_id)
    columns = _Columns(len(recipients), arms, snapshot.persona_ids)
    latencies: list[float] = []
    starts = iter(range(0, len(recipients), BATCH))

    async def work() -> None:
        for at in starts:
            request = _request(recipients[at : at + BATCH], pb.EXPLAIN_FULL)
            begun = time.perf_counter()
            answer = await on.call(on.clients.prioritizer.Prioritize, request)
            latencies.append((time.perf_counter() - begun) * 1e3)
            columns.fill(at, answer.prioritizations)

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CALLERS)))
    return Decisions(
        columns.arm, columns.scores, snapshot.persona_ids, columns.membership,
        dict(columns.reasons), dict(columns.rungs), np.array(latencies),
        time.perf_counter() - begun,
    )  # fmt: skip


async def _served(on: Connection, snapshot_id: str, plan_id: str) -> None:
    """Waits until answers come from this snapshot and plan."""
    request = _request([recipient_pb2.Recipient(recipient_id="probe")], pb.EXPLAIN_NONE)
    deadline = time.monotonic() + SERVED_SECONDS
    while time.monotonic() < deadline:
        answer = await on.call(on.clients.prioritizer.Prioritize, request)
        if (answer.snapshot_id, answer.plan_id) == (snapshot_id, plan_id):
            return
        await asyncio.sleep(0.02)
    raise Unavailable(
        f"the prioritizer still serves snapshot {answer.snapshot_id!r} and plan "
        f"{answer.plan_id!r} after {SERVED_SECONDS:.0f} s, not {snapshot_id!r} and {plan_id!r}",
        reason="SNAPSHOT_NOT_SERVED",
    )


def _request(
    recipients: Sequence[recipient_pb2.Recipient], explain: pb.Explain.ValueType
) -> pb.PrioritizeRequest:
    """All live campaigns for these recipients, who agreed to marketing."""
    request = pb.PrioritizeRequest(mode=pb.MODE_DRY_RUN, explain=explain)
    for recipient in recipients:
        item = request.items.add(recipient=recipient)
        item.recipient.consents.append(_GRANTED)
    return request


_GRANTED: Final = consent_pb2.Consent(
    purpose=consent_pb2.CONSENT_PURPOSE_MARKETING, state=consent_pb2.CONSENT_STATE_GRANTED
)
_GRANTED.consent_time.FromJsonString("2026-01-01T00:00:00Z")
