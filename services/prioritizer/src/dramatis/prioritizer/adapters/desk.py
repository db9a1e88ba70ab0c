"""One batch from the wire, to the decision, and back."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client import Counter

from dramatis.api.common.v1 import campaign_pb2
from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.prioritizer import metrics
from dramatis.prioritizer.adapters import answers, attributes, items
from dramatis.prioritizer.adapters.decisions import Recorder
from dramatis.prioritizer.adapters.items import Items
from dramatis.prioritizer.app.prioritize import Answer, Remaining, answer, keep
from dramatis.prioritizer.app.world import World
from dramatis.prioritizer.domain.decide import Question
from dramatis.prioritizer.domain.encoder import Columns
from dramatis.prioritizer.domain.standing import Standing
from dramatis.prioritizer.domain.tables import Tables
from dramatis.prioritizer.ports import Ledger
from dramatis.runtime.clock import Clock
from dramatis.wire.errors import from_error

_UNBOUND: Final = (campaign_pb2.MESSAGE_CLASS_TRANSACTIONAL, campaign_pb2.MESSAGE_CLASS_LEGAL)
_NOTHING: Final = Columns((), ())
_RUNGS: Final[Mapping[int, Counter]] = {
    number: metrics.DECISIONS.labels(name.removeprefix("RUNG_").lower())
    for name, number in pb.Rung.items()
}
_REASONS: Final[Mapping[int, Counter]] = {
    number: metrics.SUPPRESSED.labels(name.removeprefix("SUPPRESSION_REASON_").lower())
    for name, number in pb.SuppressionReason.items()
}


@dataclass(frozen=True, slots=True)
class Desk:
    """Answers batches.

    Attributes:
        world: what is known now.
        ledger: keeps what was decided.
        clock: the time.
        hard: whether only the closest persona counts where the caller does not say.
    """

    world: World
    ledger: Ledger
    clock: Clock
    hard: bool = False

    async def prioritize(
        self, tenant: str, request: pb.PrioritizeRequest, remaining: Remaining
    ) -> pb.PrioritizeResponse:
        """The answer to one batch.

        Raises:
            Invalid: the batch as a whole cannot be answered; a bad item only spoils itself.
        """
        items.check(request)
        dry_run = request.mode == pb.MODE_DRY_RUN
        tables = self.world.tables(tenant)
        choice = len(request.campaign_ids) or (0 if tables is None else len(tables.campaigns))
        items.check_size(request, choice)
        found = items.read(request.items, dry_run, self.world.look(tenant))
        response = _response(tables, self.clock().timestamp())
        if request.message_class in _UNBOUND:
            decided, written = None, _passed_on(request, found)
        else:
            decided = self._decide(tables, request, found, remaining)
            written = _written(decided, request, found)
        if not dry_run:
            written = await self._keep(tenant, request, decided, found, written, remaining)
        _merge(response, len(request.items), found, written)
        return response

    def _decide(
        self, tables: Tables | None, request: pb.PrioritizeRequest, found: Items,
        remaining: Remaining,
    ) -> Answer:  # fmt: skip
        start = time.perf_counter()
        columns = _NOTHING
        if tables is not None and found.good and remaining() > 0:
            columns = attributes.read(tables.encoder, found.given)
        question = Question(
            standings=found.standings,
            columns=columns,
            campaign_ids=request.campaign_ids,
            top_n=_depth(request, tables),
            hard=self._is_hard(request),
            hurried=columns is _NOTHING or remaining() <= 0,
        )
        result = answer(tables, question, self.clock().timestamp())
        if result.decided is not None:
            for at in (~result.decided.finite).nonzero()[0].tolist():
                place = found.places[at]
                found.errors[place] = items.not_finite(place)
        metrics.SCORING_SECONDS.observe(time.perf_counter() - start)
        return result

    def _is_hard(self, request: pb.PrioritizeRequest) -> bool:
        return request.scoring == pb.SCORING_HARD or (not request.scoring and self.hard)

    async def _keep(
        self, tenant: str, request: pb.PrioritizeRequest, decided: Answer | None, found: Items,
        written: Sequence[pb.Prioritization], remaining: Remaining,
    ) -> Sequence[pb.Prioritization]:  # fmt: skip
        """The answers as they are kept; of a request id that is known, the original one."""
        recorder = Recorder(tenant, request, decided, self.clock(), hard=self._is_hard(request))
        fine = [
            at
            for at, place in enumerate(found.places)
            if place not in found.errors and not found.bits[at] & Standing.ERASED
        ]
        records = [recorder.record(at, found.good[at], written[at]) for at in fine]
        held = await keep(self.ledger, tenant, records, remaining) if records else ()
        if held is None:
            metrics.UNLOGGED.inc(len(records))
            for message in written:
                message.decision_id = ""
            held = records
        result = list(written)
        for at, record, old in zip(fine, records, held, strict=True):
            if old.fingerprint != record.fingerprint:
                found.errors[found.places[at]] = items.reused(found.places[at])
            elif old is not record:
                result[at] = pb.Decision.FromString(old.body).prioritization
            if request.mode == pb.MODE_SHADOW:
                shown = pb.Prioritization()
                answers.shadow(shown, result[at], found.good[at].default_campaign_id)
                result[at] = shown
        return result


def _depth(request: pb.PrioritizeRequest, tables: Tables | None) -> int:
    """How many campaigns to rank: all of them where the caller wants to be told why."""
    asked = request.top_n or 1
    explained = request.explain >= pb.EXPLAIN_SUMMARY and tables is not None
    return max(asked, len(tables.campaigns)) if explained and tables is not None else asked


def _response(tables: Tables | None, now_seconds: float) -> pb.PrioritizeResponse:
    response = pb.PrioritizeResponse()
    if tables is not None:
        response.snapshot_id = tables.snapshot_id
        response.plan_id = tables.plan_id
        age = max(now_seconds - tables.create_time.timestamp(), 0.0)
        response.snapshot_age.seconds = int(age)
        response.snapshot_age.nanos = int(age % 1 * 1e9)
    return response


def _written(
    decided: Answer, request: pb.PrioritizeRequest, found: Items
) -> Sequence[pb.Prioritization]:
    writer = answers.Writer(decided, found.ids, request.top_n or 1, request.explain)
    result = []
    for at, item in enumerate(found.good):
        message = pb.Prioritization()
        writer.write(message, at, item.default_campaign_id)
        result.append(message)
    return result


def _passed_on(request: pb.PrioritizeRequest, found: Items) -> Sequence[pb.Prioritization]:
    result = []
    for recipient_id, item in zip(found.ids, found.good, strict=True):
        named = list(request.campaign_ids) or list(filter(None, [item.default_campaign_id]))
        message = pb.Prioritization()
        answers.pass_on(message, recipient_id, named[: request.top_n or 1])
        result.append(message)
    return result


def _merge(
    response: pb.PrioritizeResponse, count: int, found: Items,
    written: Sequence[pb.Prioritization],
) -> None:  # fmt: skip
    """Puts answers and errors into the order of the request, and counts them."""
    if not found.errors:
        response.prioritizations.extend(written)
    else:
        by_place = dict(zip(found.places, written, strict=True))
        for place in range(count):
            if (error := found.errors.get(place)) is None:
                response.prioritizations.append(by_place[place])
            else:
                response.prioritizations.add().error.CopyFrom(from_error(error))
        metrics.BAD_ITEMS.inc(len(found.errors))
    _count(response.prioritizations)


def _count(prioritizations: Sequence[pb.Prioritization]) -> None:
    rungs: dict[int, int] = {}
    reasons: dict[int, int] = {}
    for each in prioritizations:
        rungs[each.rung] = rungs.get(each.rung, 0) + 1
        if not each.ranked:
            for block in each.suppressions:
                reasons[block.reason] = reasons.get(block.reason, 0) + 1
    for rung, count in rungs.items():
        if rung:
            _RUNGS[rung].inc(count)
    for reason, count in reasons.items():
        _REASONS[reason].inc(count)
