"""Results as records of the `forecasts` topic, and back."""

from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np

from dramatis import engine
from dramatis.api.simulator.v1 import simulator_pb2 as pb
from dramatis.core.arrays import Floats
from dramatis.core.campaign import Stage
from dramatis.core.evidence import EvidenceCounts
from dramatis.runtime import topics
from dramatis.runtime.envelope import seal
from dramatis.runtime.event_log import EventLog
from dramatis.simulator.domain.job import EvidenceUse, Job
from dramatis.simulator.domain.result import Result
from dramatis.simulator.domain.track_record import Case
from dramatis.simulator.ports import Forecast, Scored
from dramatis.wire.forecasts import Origin, Spread, from_forecasts, key

BATCH = 500
"""Records that are appended at a time."""
Counts = tuple[Floats, Floats]
"""Trials and successes."""


class ForecastRecords:
    """The `Records` of the contract's Forecast."""

    def write(self, job: Job, result: Result) -> Sequence[Forecast]:
        """See `Records`."""
        stages, reaches = map(_spread, (result.outcome.stages, result.outcome.reaches))
        origin = Origin(result.distance, int(job.spec.evidence_use), job.spec.seed)
        messages = from_forecasts(job.tenant, result.table, stages, reaches, origin)
        return [
            Forecast(one.persona_id, one.campaign_id, one.SerializeToString(deterministic=True))
            for one in messages
        ]

    def cases(self, scored: Scored) -> Iterator[Case]:
        """See `Records`."""
        now, before = scored.now, scored.before
        learned = scored.job.spec.evidence_use is EvidenceUse.ALL
        rows = {persona: p for p, persona in enumerate(now.persona_ids)}
        for forecast in scored.forecasts:
            message = pb.Forecast.FromString(forecast.record)
            row = rows.get(message.persona_id)
            if row is None:
                continue
            for one in message.stages:
                cell = (row, message.campaign_id, Stage(one.stage))
                trials, successes = _counts(now.evidence, *cell)
                if learned:
                    trials, successes = (
                        late - early
                        for late, early in zip(
                            (trials, successes), _counts(before.evidence, *cell), strict=True
                        )
                    )
                yield Case(Stage(one.stage), one.alpha, one.beta, trials, max(successes, 0.0))


def _spread(simulated: engine.Spread) -> Spread:
    return Spread(*(getattr(simulated, field.name) for field in fields(Spread)))


def _counts(
    evidence: EvidenceCounts, row: int, campaign_id: str, stage: Stage
) -> tuple[float, float]:
    """Trials and successes of one cell; none where the evidence does not know it."""
    axes = evidence.axes
    if campaign_id not in axes.campaign_ids or stage not in axes.stages:
        return 0.0, 0.0
    at = (row, axes.campaign_ids.index(campaign_id), axes.stages.index(stage))
    return float(np.maximum(evidence.trials[at], 0)), float(evidence.successes[at])


class LogPublisher:
    """The `Publisher` on the event log."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def publish(self, job: Job, forecasts: Sequence[Forecast]) -> None:
        """See `Publisher`."""
        records = []
        for one in forecasts:
            message = pb.Forecast.FromString(one.record)
            name = key(job.tenant, message)
            records.append(
                seal(
                    topics.FORECASTS.name, name, f"{job.simulation_id}:{name}", one.record,
                    type_name=pb.Forecast.DESCRIPTOR.full_name, source="dramatis/simulator",
                    time=job.create_time,
                )
            )  # fmt: skip
        for start in range(0, len(records), BATCH):
            await self._log.append(records[start : start + BATCH])
