"""The replay of a past campaign, from its rows to the report; the story in order."""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dramatis.cli.backtest import evaluate, forecasts
from dramatis.cli.backtest.compare import Agreement, agreement
from dramatis.cli.backtest.dataset import Dataset
from dramatis.cli.backtest.evaluate import Verdict
from dramatis.cli.backtest.forecasts import Cell
from dramatis.cli.backtest.ports import (
    Decisions,
    Footprint,
    Forecast,
    Ingested,
    Persona,
    Plan,
    Services,
    together,
)
from dramatis.cli.backtest.progress import Teller
from dramatis.cli.backtest.split import Split, halve


@dataclass(frozen=True)
class Stop:
    """Where the replay stood after some of the learning recipients.

    Attributes:
        recipients: whose responses had been learned from.
        decisions: about the judging half.
        cells: forecasts with that evidence, beside the judging half.
    """

    recipients: int
    decisions: Decisions
    cells: tuple[Cell, ...]


@dataclass
class Clock:
    """Seconds by step; the one thing in here that differs between two runs."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, step: str) -> Iterator[None]:
        """Adds what the block takes to the step."""
        begun = time.perf_counter()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - begun


@dataclass(frozen=True)
class Replay:
    """Everything that the report is made of.

    Attributes:
        data: the campaign.
        seed: of the split and the bootstrap.
        split: halves and checkpoints.
        ingested: acknowledgements of the learning half.
        personas: at last.
        stops: one per checkpoint.
        simulated: the last personas' cells by the simulation alone, before their evidence.
        forecast: the last forecasts with evidence, amounts too.
        plan: of the optimizer.
        verdict: of the judging half.
        agreement: of the decisions with numpy.
        footprint: of the services.
        own_peak_rss_bytes: of this process.
        seconds: by step.
        wall_seconds: of all.
    """

    data: Dataset
    seed: int
    split: Split
    ingested: Ingested
    personas: tuple[Persona, ...]
    stops: tuple[Stop, ...]
    simulated: tuple[Cell, ...]
    forecast: tuple[Forecast, ...]
    plan: Plan
    verdict: Verdict
    agreement: Agreement
    footprint: Footprint
    own_peak_rss_bytes: int
    seconds: dict[str, float]
    wall_seconds: float


async def replay(
    services: Services, data: Dataset, seed: int, tell: Teller, *, curve: bool = True
) -> Replay:
    """Replays `data` through the services and judges what they decided.

    Arms and outcomes of the judging half stay in here: the services see its features only, and
    those only in `decide`. Without `curve` they are judged only after all that was learned.
    """
    begun, clock = time.perf_counter(), Clock()
    split = halve(len(data.recipients), seed, curve=curve)
    tell.plan(3 + 5 * len(split.checkpoints))
    learners = data.recipients.take(split.learning)
    judged = data.recipients.take(split.judging)
    answers = data.responses.take(split.judging)
    outcomes = {o.stage: o.name for o in reversed(data.spec.outcomes) if o.binary}

    tell.begin("announcing the campaigns")
    with clock.time("announce"):
        await services.open_campaigns(data.spec)
    tell.begin(f"ingest: {len(learners):,} recipients")
    with clock.time("ingest"):
        ingested = await services.enrol(learners)

    stops: list[Stop] = []
    learned = 0
    for seen in split.checkpoints:
        if seen > learned:
            tell.begin(f"ingest: responses of {seen:,} recipients")
            rows = split.learning[learned:seen]
            with clock.time("ingest"):
                more = await services.learn(data.responses.take(rows))
            ingested, learned = together(ingested, more), seen
        tell.begin(f"persona: who they are, after {seen:,}")
        with clock.time("personas"):
            personas = await services.form_personas()
        if seen == split.checkpoints[-1]:
            tell.begin("simulator: forecasts without evidence")
            with clock.time("forecasts"):
                alone = await services.forecast(with_evidence=False)
        tell.begin(f"simulator: forecasts, after {seen:,}")
        with clock.time("forecasts"):
            forecast = await services.forecast(with_evidence=True)
        tell.begin(f"optimizer: what to send to whom, after {seen:,}")
        with clock.time("optimize"):
            plan = await services.optimize()
        tell.begin(f"prioritizer: {len(judged):,} decisions, after {seen:,}")
        with clock.time("decide"):
            decisions = await services.decide(judged, seed=seed)
        cells = forecasts.compare(forecast, decisions, answers, outcomes)
        stops.append(Stop(seen, decisions, cells))
    simulated = forecasts.compare(alone, stops[-1].decisions, answers, outcomes)
    agreed = agreement(stops[-1].decisions, await services.posterior())

    tell.begin("judging on the other half")
    with clock.time("judge"):
        verdict = evaluate.verdict(data, split, seed, [s.decisions for s in stops], forecast)
    footprint = await services.footprint()
    return Replay(
        data, seed, split, ingested, personas, tuple(stops), simulated, forecast, plan, verdict,
        agreed, footprint, _peak_rss_bytes(), clock.seconds, time.perf_counter() - begun,
    )  # fmt: skip


def _peak_rss_bytes() -> int:
    """Largest resident set of this process so far (Linux counts in KiB, macOS in bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
