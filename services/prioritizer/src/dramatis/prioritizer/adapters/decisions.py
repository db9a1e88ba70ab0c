"""Decisions as records: everything that judging a policy and replaying an answer needs."""

import hashlib
from datetime import datetime
from typing import Final

from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.core.campaign import CONTROL
from dramatis.prioritizer.app.prioritize import Answer, decision_id
from dramatis.prioritizer.domain.decide import Decided
from dramatis.prioritizer.ports import DecisionRecord
from dramatis.wire.times import to_timestamp

_LAST_RUNG: Final = "caller-default"


class Recorder:
    """Makes the records of one batch. What all of them share is serialised once.

    Two messages' bytes one after the other are one message with the fields of both; so a record is
    the shared part followed by its own.
    """

    def __init__(
        self, tenant: str, request: pb.PrioritizeRequest, answer: Answer | None, now: datetime, *,
        hard: bool,
    ) -> None:  # fmt: skip
        self._tenant = tenant
        self._decided = None if answer is None else answer.decided
        shared = pb.Decision(tenant=tenant, mode=request.mode or pb.MODE_LIVE, sampling_rate=1.0)
        shared.decision_time.CopyFrom(to_timestamp(now))
        shared.policy_version = _LAST_RUNG
        if self._decided is not None:
            _describe(shared, self._decided, hard=hard)
        self._shared = shared.SerializeToString()
        bare = pb.PrioritizeRequest()
        bare.CopyFrom(request)
        bare.ClearField("items")
        self._asked = bare.SerializeToString()

    def record(
        self, at: int, item: pb.PrioritizeItem, prioritization: pb.Prioritization
    ) -> DecisionRecord:
        """The record of one answer, which gets its decision id here."""
        own = pb.Decision(decision_id=decision_id(self._tenant, item.request_id))
        own.request_id = item.request_id
        prioritization.decision_id = own.decision_id
        own.prioritization.CopyFrom(prioritization)
        ranked = tuple(each.campaign_id for each in prioritization.ranked)
        self._chance(own, ranked)
        if self._decided is not None and self._decided.personal[at]:
            own.features.extend(self._decided.encoded[at].tolist())
        shadow = {item.default_campaign_id} - {"", CONTROL, *ranked}
        asked = item.SerializeToString(deterministic=True)
        return DecisionRecord(
            decision_id=own.decision_id,
            fingerprint=hashlib.blake2b(self._asked + asked, digest_size=16).digest(),
            recipient_id=prioritization.recipient_id,
            campaign_ids=(*ranked, *shadow),
            body=self._shared + own.SerializeToString(),
        )

    def _chance(self, own: pb.Decision, ranked: tuple[str, ...]) -> None:
        """Says what had a chance: nothing is left to it so far, so one action has all of it."""
        first = ranked[0] if ranked else CONTROL
        decided = self._decided
        actions = [first]
        if decided is not None:
            labels = decided.tables.labels
            actions = [labels[at][0] for at in decided.candidates.columns.tolist()] + [CONTROL]
        own.action_ids.extend(actions)
        own.action_probabilities.extend([float(each == first) for each in actions])


def _describe(shared: pb.Decision, decided: Decided, *, hard: bool) -> None:
    tables = decided.tables
    shared.snapshot_id = tables.snapshot_id
    shared.plan_id = tables.plan_id
    scoring = "hard" if hard else "soft"
    shared.policy_version = f"{tables.snapshot_id}/{tables.plan_id}/{scoring}"
    for at in decided.candidates.columns.tolist():
        campaign = tables.campaigns[at]
        shared.campaigns.add(campaign_id=campaign.campaign_id, version=campaign.version)
