"""Decisions as messages."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.core.campaign import CONTROL
from dramatis.prioritizer.app.prioritize import Answer
from dramatis.prioritizer.domain.decide import Decided
from dramatis.prioritizer.domain.eligibility import Block, Reason
from dramatis.prioritizer.domain.scoring import Ranking

LEAST_SHARE: Final = 1e-12
"""Memberships below this are not worth telling."""

_NO_CONSENT: Final = Block(Reason.CONSENT, rule_id="consent/marketing")
_LISTED: Final = Block(Reason.SUPPRESSION_LIST, rule_id="outcome/unwanted")
_WORTHLESS: Final = Block(Reason.LOW_VALUE, rule_id="score/below-zero")
_NO_SNAPSHOT: Final = Block(Reason.NO_DATA, rule_id="snapshot/none")
_NONE_NAMED: Final = Block(Reason.NO_DATA, rule_id="campaign/none-named")
_CONSENT_REASONS: Final = (int(Reason.CONSENT), int(Reason.SUPPRESSION_LIST))


def to_suppression(block: Block) -> pb.Suppression:
    """The message of a block."""
    return pb.Suppression(
        reason=pb.SuppressionReason.ValueType(int(block.reason)),
        campaign_id=block.campaign_id,
        rule_id=block.rule_id,
    )


class Writer:
    """Fills the answers of one batch in, item by item.

    Everything is turned into plain lists first: reading numbers out of arrays one at a time would
    take longer than deciding did.
    """

    def __init__(self, answer: Answer, ids: Sequence[str], top_n: int, explain: int) -> None:
        self._ids = ids
        self._blocked = [
            [block for block, holds in ((_NO_CONSENT, not free), (_LISTED, listed)) if holds]
            for free, listed in zip(answer.permitted.tolist(), answer.listed.tolist(), strict=True)
        ]
        self._decided = answer.decided
        self._explain = explain
        if answer.decided is not None:
            self._prepare(answer.decided, top_n)

    def _prepare(self, decided: Decided, top_n: int) -> None:
        self._rungs = decided.rungs.tolist()
        self._positive = decided.positive.tolist()
        self._shown = np.minimum(decided.positive, top_n).tolist()
        self._blocks = [to_suppression(block) for block in decided.candidates.blocks]
        if decided.ranking is not None:
            self._rows = _Rows(decided, decided.ranking)

    def write(self, message: pb.Prioritization, at: int, default: str) -> None:
        """Fills one answer in, as it was decided.

        Args:
            message: empty.
            at: index of the recipient in the batch.
            default: what the caller would do: a campaign id, or "" for nothing.
        """
        message.recipient_id = self._ids[at]
        message.arm = pb.ARM_TREATMENT
        blocked = self._blocked[at]
        for block in blocked:
            message.suppressions.append(to_suppression(block))
        if self._decided is None:
            fall_back(message, default, blocked=bool(blocked))
            if not message.ranked:
                message.suppressions.append(to_suppression(_NO_SNAPSHOT))
            return
        message.rung = self._rungs[at]
        if self._decided.ranking is not None:
            if not blocked:
                for place in range(self._shown[at]):
                    self._rows.write(message.ranked.add(), at, place)
            if not self._positive[at]:
                message.suppressions.append(to_suppression(_WORTHLESS))
        if self._blocks:
            message.suppressions.extend(self._blocks)
        if self._explain >= pb.EXPLAIN_SUMMARY:
            self._tell_more(message, at, self._decided)

    def _tell_more(self, message: pb.Prioritization, at: int, decided: Decided) -> None:
        shares = decided.memberships[at]
        for persona in np.argsort(-shares, kind="stable").tolist():
            if shares[persona] >= LEAST_SHARE:
                message.personas.add(
                    persona_id=decided.tables.persona_ids[persona],
                    display_name=decided.tables.persona_names[persona],
                    membership=shares[persona],
                )
        if decided.ranking is None:
            return
        if self._positive[at] > 0:
            for place in range(self._positive[at], decided.ranking.columns.shape[1]):
                name = self._rows.campaign_id(at, place)
                worthless = Block(Reason.LOW_VALUE, name, _WORTHLESS.rule_id)
                message.suppressions.append(to_suppression(worthless))
        if self._explain == pb.EXPLAIN_FULL:
            for place in range(decided.ranking.columns.shape[1]):
                self._rows.write(message.considered.add(), at, place)


class _Rows:
    """Ranked campaigns as messages."""

    def __init__(self, decided: Decided, ranking: Ranking) -> None:
        self._labels = decided.tables.labels
        self._columns = ranking.columns.tolist()
        self._figures = ranking.figures.tolist()

    def campaign_id(self, at: int, place: int) -> str:
        name: str = self._labels[self._columns[at][place]][0]
        return name

    def write(self, message: pb.RankedCampaign, at: int, place: int) -> None:
        name, cost, stage = self._labels[self._columns[at][place]]
        score, value, baseline, rate, lower, upper = self._figures[at][place]
        message.campaign_id = name
        message.score = score
        message.response_rate = rate
        message.response_rate_lower_90 = lower
        message.response_rate_upper_90 = upper
        message.stage = stage
        message.value = value
        message.baseline_value = baseline
        message.cost.micros = cost
        message.propensity = 1.0


def fall_back(message: pb.Prioritization, default: str, *, blocked: bool) -> None:
    """Fills the caller's default in: the last rung."""
    message.rung = pb.RUNG_CALLER_DEFAULT
    if default and default != CONTROL and not blocked:
        message.ranked.add(campaign_id=default, propensity=1.0)


def pass_on(message: pb.Prioritization, recipient_id: str, campaign_ids: Sequence[str]) -> None:
    """Fills in what marketing does not bind: the campaigns as named, neither scored nor blocked."""
    message.recipient_id = recipient_id
    message.arm = pb.ARM_TREATMENT
    message.rung = pb.RUNG_CALLER_DEFAULT
    for campaign_id in campaign_ids:
        message.ranked.add(campaign_id=campaign_id, propensity=1.0)
    if not campaign_ids:
        message.suppressions.append(to_suppression(_NONE_NAMED))


def shadow(message: pb.Prioritization, decided: pb.Prioritization, default: str) -> None:
    """Fills in what a caller in SHADOW mode gets: its own default, unless consent forbids it."""
    message.recipient_id = decided.recipient_id
    message.decision_id = decided.decision_id
    message.arm = decided.arm
    consent = [each for each in decided.suppressions if each.reason in _CONSENT_REASONS]
    message.suppressions.extend(consent)
    fall_back(message, default, blocked=bool(consent))
