"""What a simulation found, and how it is found."""

from collections.abc import Callable
from dataclasses import dataclass

from dramatis import engine
from dramatis.core.arrays import Floats
from dramatis.core.campaign import CONTROL
from dramatis.core.forecast import ForecastTable
from dramatis.simulator.domain.job import EvidenceUse, Inputs, Job

FITTED = 0.1
"""Progress when the parameters are known; the rest is simulation."""


class Stopped(Exception):
    """The simulation was told to stop."""


@dataclass(frozen=True, slots=True)
class Result:
    """The forecasts of a simulation.

    Attributes:
        table: rates and amounts; "control" and the campaigns asked for.
        outcome: the same with intervals.
        distance: [C] share of each stimulus' attribute values never observed, [0, 1].
    """

    table: ForecastTable
    outcome: engine.Outcome
    distance: Floats


def simulate(job: Job, inputs: Inputs, device: str, progress: Callable[[float], None]) -> Result:
    """Runs a simulation; the same inputs and seed give the same bits.

    Args:
        job: what was asked for.
        inputs: what to work on.
        device: where the engine computes.
        progress: told the share done, in [0, 1], a few times a second; may raise `Stopped`.
    """
    spec = job.spec
    progress(0.0)
    use_evidence = spec.evidence_use is EvidenceUse.ALL
    model = engine.fit(inputs.personas, inputs.campaigns, use_evidence, device=device)
    progress(FITTED)
    outcomes = []
    count = len(model.persona_ids)
    for outcome in engine.simulate(
        model, draws=spec.draw_count, recipients=spec.recipient_counts, seed=spec.seed
    ):
        outcomes.append(outcome)
        progress(FITTED + (1 - FITTED) * len(outcomes) / count)
    asked = [CONTROL, *sorted(spec.campaign_ids)]
    columns = [model.axes.campaign_ids.index(one) for one in asked]
    gathered = engine.gather(outcomes, columns)
    table = engine.table(model, gathered, columns, job.simulation_id)
    return Result(table, gathered, model.distance[columns])
