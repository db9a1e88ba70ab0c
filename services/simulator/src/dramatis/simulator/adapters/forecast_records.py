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
from dramatis.runtime.event_log import EventLog, NewRecord
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
                cell = (row, message.campaign_id, one)
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
    evidence: EvidenceCounts, row: int, campaign_id: str, forecast: pb.StageForecast
) -> tuple[float, float]:
    """Trials and successes of one cell; none where the evidence does not know it.

    Nor where it counts the stage among others by now: the chain of stages follows from what was
    seen, and a rate of those who visited says nothing of the rate of those who clicked.
    """
    axes = evidence.axes
    chain = list(zip(axes.stages, axes.given, strict=True))
    link = (Stage(forecast.stage), Stage(forecast.given_stage) if forecast.given_stage else None)
    if campaign_id not in axes.campaign_ids or link not in chain:
        return 0.0, 0.0
    at = (row, axes.campaign_ids.index(campaign_id), chain.index(link))
    return float(np.maximum(evidence.trials[at], 0)), float(evidence.successes[at])


class LogPublisher:
    """The `Publisher` on the event log."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def publish(self, job: Job, forecasts: Sequence[Forecast]) -> None:
        """See `Publisher`."""
        for start in range(0, len(forecasts), BATCH):
            await self._log.append([_sealed(job, one) for one in forecasts[start : start + BATCH]])


def _sealed(job: Job, forecast: Forecast) -> NewRecord:
    name = key(job.tenant, pb.Forecast.FromString(forecast.record))
    return seal(
        topics.FORECASTS.name, name, f"{job.simulation_id}:{name}", forecast.record,
        type_name=pb.Forecast.DESCRIPTOR.full_name, source="dramatis/simulator",
        time=job.create_time,
    )  # fmt: skip
