"""Queueing, stopping, reading and watching simulations."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

from dramatis.core.errors import Conflict, NotFound
from dramatis.core.request import Request
from dramatis.simulator.app.world import World
from dramatis.simulator.domain.asked import Asked, check, settle
from dramatis.simulator.domain.job import Inputs, Job, State
from dramatis.simulator.ports import Seal

TICK_SECONDS: Final = 0.2
"""Between two looks at a running simulation."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A job as it stands; `seconds_left` is None where unknown."""

    job: Job
    seconds_left: float | None = None


async def create(world: World, request: Request, asked: Asked, seal: Seal) -> bytes:
    """Queues a simulation of what is known now, and returns the answer.

    Raises:
        Invalid: the request can never succeed.
        NotFound: it names a set or a campaign that is not known.
        Conflict: there are no personas yet.
    """
    if (earlier := await world.store.answer(request)) is not None:
        return earlier
    check(asked)
    personas = await world.store.personas(request.tenant, asked.persona_set_id)
    if personas is None and asked.persona_set_id:
        raise NotFound("persona set", asked.persona_set_id)
    if personas is None:
        raise Conflict(
            "there are no personas yet: call Recluster of the persona service first",
            reason="NO_PERSONAS",
        )
    campaigns = tuple(await world.store.campaigns(request.tenant))
    now = world.clock()
    spec = settle(asked, personas, campaigns, now)
    job = Job(request.tenant, _name(request), spec, State.PENDING, now)
    body = await world.store.create(job, Inputs(personas, campaigns), request, seal)
    world.board.ring()
    return body


def _name(request: Request) -> str:
    """The id of the job that a request makes: the same request never makes two."""
    text = repr((request.tenant, request.request_id)).encode()
    return hashlib.blake2b(text, digest_size=8).hexdigest()


async def cancel(world: World, request: Request, simulation_id: str, seal: Seal) -> bytes:
    """Stops a simulation, unless it has ended, and returns the answer.

    Raises:
        NotFound: the tenant has no such simulation.
    """
    now = world.clock()
    body = await world.store.cancel(request.tenant, simulation_id, now, request, seal)
    if body is None:
        raise NotFound("simulation", simulation_id)
    job = await world.store.job(request.tenant, simulation_id)
    run = world.board.run((request.tenant, simulation_id))
    if job and job.state is State.CANCELLED and job.end_time == now:
        world.witness.ended(job)
    if run and job and job.state is State.CANCELLED:
        run.stop = True
    world.board.ring()
    return body


async def get(world: World, tenant: str, simulation_id: str) -> Seen:
    """One simulation as it stands.

    Raises:
        NotFound: the tenant has no such simulation.
    """
    job = await world.store.job(tenant, simulation_id)
    if job is None:
        raise NotFound("simulation", simulation_id)
    return look(world, job)


def look(world: World, job: Job) -> Seen:
    """The job with the progress of its run."""
    name = (job.tenant, job.simulation_id)
    run = world.board.run(name)
    if run is None or job.state is not State.RUNNING:
        return Seen(job)
    return Seen(
        replace(job, progress=max(job.progress, run.progress)), world.board.seconds_left(name)
    )


async def watch(world: World, tenant: str, simulation_id: str) -> AsyncIterator[Seen]:
    """Yields the simulation at once and after each change or step, to its end.

    Raises:
        NotFound: the tenant has no such simulation.
    """
    with world.board.bell() as bell:
        last: Job | None = None
        while True:
            seen = await get(world, tenant, simulation_id)
            if seen.job != last:
                yield seen
            if seen.job.ended:
                return
            last = seen.job
            await bell.wait(TICK_SECONDS if seen.job.state is State.RUNNING else 5.0)
