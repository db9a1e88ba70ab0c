"""The five services over gRPC, as the replay sees them."""

import asyncio
import time
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from itertools import islice
from typing import Final, Protocol, TypeVar

from dramatis.api.common.v1 import item_pb2, stage_pb2
from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.api.optimizer.v1 import optimizer_pb2
from dramatis.api.persona.v1 import persona_pb2, snapshot_pb2
from dramatis.api.simulator.v1 import simulator_pb2
from dramatis.cli.adapters import messages
from dramatis.cli.adapters.clients import Connection, ours
from dramatis.cli.adapters.deciding import decide_all
from dramatis.cli.backtest.ports import (
    Choice,
    Decisions,
    Footprint,
    Forecast,
    Ingested,
    Persona,
    Plan,
    Posterior,
    Recipients,
    Responses,
)
from dramatis.cli.backtest.spec import Spec, Stage
from dramatis.core.campaign import CONTROL
from dramatis.core.errors import DramatisError
from dramatis.core.plan import follow
from dramatis.core.response import appraise
from dramatis.core.snapshot import Snapshot
from dramatis.runtime.log_token import LogToken
from dramatis.wire import plans, snapshots
from dramatis.wire.campaigns import to_campaign, to_stage

T = TypeVar("T")

BATCH: Final = 1_000
WRITERS: Final = 2
"""Batches in flight while writing."""
_STAGES: Final = {core: stage for stage, core in messages.STAGES.items() if stage != Stage.AMOUNT}


class _Written(Protocol):
    """What every writing call of ingest answers with."""

    @property
    def results(self) -> Sequence[item_pb2.ItemResult]: ...
    @property
    def log_token(self) -> str: ...


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
        self._token = LogToken()
        self._versions: dict[str, str] = {}

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
        self._token = LogToken.decode(answer.log_token)

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

    async def _write(
        self, method: Callable[..., Awaitable[_Written]], requests: Iterable[object]
    ) -> Ingested:
        """Sends the requests, a few at a time; the same order gives the same log."""
        begun, outcomes, reasons = time.perf_counter(), Counter[int](), Counter[str]()
        tokens: list[str] = []

        async def send(waiting: Iterator[object]) -> None:
            for request in waiting:
                answer = await self._on.call(method, request)
                outcomes.update(result.outcome for result in answer.results)
                reasons.update(r.error.reason for r in answer.results if r.HasField("error"))
                tokens.append(answer.log_token)

        shared = iter(requests)
        await asyncio.gather(*(send(shared) for _ in range(WRITERS)))
        for token in tokens:
            self._token = self._token.merge(LogToken.decode(token))
        accepted = outcomes[item_pb2.ITEM_OUTCOME_ACCEPTED]
        seconds = time.perf_counter() - begun
        return Ingested(accepted, outcomes.total() - accepted, seconds, dict(reasons))

    async def form_personas(self) -> tuple[Persona, ...]:
        """Personas of everything written so far."""
        formed = await self._on.call(
            self._to.persona.Recluster,
            persona_pb2.ReclusterRequest(
                request_id=self._request_id(), min_log_token=self._token.encode(), seed=self._seed
            ),
        )
        self._persona_set_id, self._token = formed.persona_set_id, LogToken.decode(formed.log_token)
        listed = await self._on.call(
            self._to.persona.ListPersonas, persona_pb2.ListPersonasRequest(page_size=1_000)
        )
        return tuple(Persona(p.persona_id, p.weight, p.display_name) for p in listed.personas)

    async def forecast(self, *, with_evidence: bool) -> tuple[Forecast, ...]:
        """Every persona x arm x stage; with evidence, also waits until persona has met it."""
        use = simulator_pb2.EVIDENCE_USE_ALL if with_evidence else simulator_pb2.EVIDENCE_USE_NONE
        spec = simulator_pb2.SimulationSpec(
            persona_set_id=self._persona_set_id, evidence_use=use, seed=self._seed
        )
        created = await self._on.call(
            self._to.simulator.CreateSimulation,
            simulator_pb2.CreateSimulationRequest(
                request_id=self._request_id(), spec=spec, min_log_token=self._token.encode()
            ),
        )
        simulation = await self._simulated(created.simulation.simulation_id)
        self._versions["engine"] = simulation.engine_version
        if with_evidence:
            await self._snapshot(simulation.simulation_id)
        return tuple([each async for each in self._forecasts(simulation.simulation_id)])

    async def _simulated(self, simulation_id: str) -> simulator_pb2.Simulation:
        request = simulator_pb2.WatchSimulationRequest(simulation_id=simulation_id)
        with ours():
            watch = self._to.simulator.WatchSimulation(request, metadata=self._on.metadata)
            last = [answer.simulation async for answer in watch][-1]
        return _succeeded(last)

    async def _snapshot(self, simulation_id: str) -> None:
        """Waits for the snapshot in which persona has met these forecasts with the evidence."""
        request = persona_pb2.WatchSnapshotsRequest(include_tables=True)
        with ours():
            watch = self._to.persona.WatchSnapshots(request, metadata=self._on.metadata)
            async for answer in watch:
                if answer.snapshot.simulation_id == simulation_id:
                    break
            watch.cancel()
        self._snapshot_now: Snapshot = snapshots.to_snapshot(await self._body(answer.snapshot))
        self._token = self._token.merge(LogToken.decode(answer.log_token))

    async def _body(self, said: snapshot_pb2.Snapshot) -> bytes:
        """The record of a snapshot; a large one has to be fetched."""
        if not said.HasField("body"):
            return said.SerializeToString()
        request = persona_pb2.DownloadSnapshotRequest(snapshot_id=said.snapshot_id)
        with ours():
            parts = self._to.persona.DownloadSnapshot(request, metadata=self._on.metadata)
            return b"".join([part.data async for part in parts])

    async def _forecasts(self, simulation_id: str) -> AsyncIterator[Forecast]:
        request = simulator_pb2.ListForecastsRequest(simulation_id=simulation_id, page_size=1_000)
        while True:
            page = await self._on.call(self._to.simulator.ListForecasts, request)
            for each in page.forecasts:
                for one in self._read(each):
                    yield one
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def _read(self, forecast: simulator_pb2.Forecast) -> Iterator[Forecast]:
        persona, arm = forecast.persona_id, self._arms[forecast.campaign_id]
        for reach in forecast.reaches:
            if (stage := _STAGES.get(to_stage(reach.stage, "stage"))) is not None:
                yield Forecast(
                    persona, arm, stage, reach.rate, reach.lower_90, reach.upper_90,
                    strength=reach.alpha + reach.beta, supported=not forecast.outside_support,
                )  # fmt: skip
        if forecast.HasField("amount_mean"):
            mean, spread = forecast.amount_mean, 1.645 * forecast.amount_error
            yield Forecast(
                persona, arm, Stage.AMOUNT, mean, max(mean - spread, 0.0), mean + spread, 0.0
            )

    async def optimize(self) -> Plan:
        """Searches in the simulation and promotes what it finds."""
        created = await self._on.call(
            self._to.optimizer.CreateOptimization,
            optimizer_pb2.CreateOptimizationRequest(
                request_id=self._request_id(),
                spec=optimizer_pb2.OptimizationSpec(seed=self._seed),
                min_log_token=self._token.encode(),
            ),
        )
        request = optimizer_pb2.WatchOptimizationRequest(
            optimization_id=created.optimization.optimization_id
        )
        with ours():
            watch = self._to.optimizer.WatchOptimization(request, metadata=self._on.metadata)
            last = [answer.optimization async for answer in watch][-1]
        plan_id = _succeeded(last).plan_id
        promoted = await self._on.call(
            self._to.optimizer.PromotePlan,
            optimizer_pb2.PromotePlanRequest(request_id=self._request_id(), plan_id=plan_id),
        )
        return self._plan(promoted.plan)

    def _plan(self, plan: optimizer_pb2.Plan) -> Plan:
        self._plan_now = plans.to_plan(plan.SerializeToString())[1]
        values = {each.policy: each.held_out_value for each in plan.policy_values}
        return Plan(
            plan.plan_id,
            tuple(self._choice(each) for each in plan.personas),
            value=values.pop(plan.policy),
            baselines=values,
            promoted=plan.state == optimizer_pb2.PLAN_STATE_PROMOTED,
            note=f"made by {plan.policy}",
        )

    def _choice(self, persona: optimizer_pb2.PersonaPlan) -> Choice:
        arm = self._arms[persona.sends[0].campaign_id] if persona.sends else 0
        stimulus = self._spec.campaigns[arm - 1].stimulus if arm else {}
        return Choice(persona.persona_id, arm, stimulus, persona.value)

    async def decide(self, recipients: Recipients, *, seed: int) -> Decisions:
        """One dry-run decision per recipient, once the newest snapshot and plan are served."""
        people = messages.recipients(recipients, self._spec.features)
        plan_id = self._plan_now.plan_id
        return await decide_all(self._on, people, self._arms, self._snapshot_now, plan_id)

    async def posterior(self) -> Posterior:
        """The tables of the newest snapshot, as the plan lets them count."""
        table = self._snapshot_now.responses
        gain = appraise(table.axes, table.rates, table.amount_mean, self._campaigns).gain
        personas = self._snapshot_now.persona_ids
        ids = [campaign.campaign_id for campaign in self._campaigns]
        counted = follow(self._plan_now, gain, personas, ids)
        return Posterior(personas, counted, self._snapshot_now.snapshot_id)

    async def footprint(self) -> Footprint:
        """Memory and versions so far."""
        return Footprint(self._footprint(), dict(self._versions))

    def _request_id(self) -> str:
        self._requests += 1
        return f"replay-{self._requests}"


J = TypeVar("J", simulator_pb2.Simulation, optimizer_pb2.Optimization)


def _succeeded(job: J) -> J:
    """The job, if it did what it was for."""
    if job.state != stage_pb2.JOB_STATE_SUCCEEDED:
        raise DramatisError(job.error.message or "the job was cancelled", reason=job.error.reason)
    return job


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """Yields the items in lists of up to `BATCH`."""
    rest = iter(items)
    while chunk := list(islice(rest, BATCH)):
        yield chunk
