"""The worker: one simulation at a time, oldest first, each to its end or until it is stopped."""

import asyncio
from contextlib import suppress
from typing import Final

from dramatis import engine
from dramatis.core.errors import DramatisError, Exhausted, Invalid, Retryable, Unavailable
from dramatis.core.lease import RENEW_SECONDS
from dramatis.simulator.app.board import Run
from dramatis.simulator.app.world import World
from dramatis.simulator.domain import job as jobs
from dramatis.simulator.domain.job import Inputs, Job
from dramatis.simulator.domain.result import Result, Stopped, simulate

ATTEMPTS: Final = 5
IDLE_SECONDS: Final = 5.0
"""Between two looks at the queue: another process may have queued a job."""
AGAIN_SECONDS: Final = 1.0
MOST: Final = 1_000_000


async def run(world: World) -> None:
    """Works on jobs until cancelled."""
    with world.board.bell() as bell:
        while True:
            try:
                found = await world.store.next_job(world.lease())
                if found is None:
                    await bell.wait(IDLE_SECONDS)
                else:
                    await _hold(world, *found)
            except Retryable as error:
                world.witness.waiting(error)
                await asyncio.sleep(AGAIN_SECONDS)


async def _hold(world: World, job: Job, inputs: Inputs) -> None:
    """Works on a job and keeps it from other workers meanwhile."""
    holding = asyncio.create_task(_renew(world, job))
    try:
        await work(world, job, inputs)
    finally:
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)


async def _renew(world: World, job: Job) -> None:
    """Renews the lease until cancelled; stops the run where the job ended or another has it."""
    held = True
    while held:
        await asyncio.sleep(RENEW_SECONDS)
        with suppress(Retryable):
            held = await world.store.renew(job, world.lease())
    if run := world.board.run((job.tenant, job.simulation_id)):
        run.stop = True


async def work(world: World, job: Job, inputs: Inputs) -> None:
    """Brings one job to its end; does nothing more where it was cancelled meanwhile.

    Raises:
        Unavailable: store or log cannot be used; the job goes on later.
    """
    if job.publishing:
        await _publish(world, job)
        return
    if job.attempts >= ATTEMPTS:
        gone = Unavailable(
            f"the process died {ATTEMPTS} times at this simulation; make it smaller",
            reason="WORKER_DIED",
        )
        await _fail(world, job, gone)
        return
    began = jobs.begin(job, engine.VERSION, world.device)
    if await world.store.change(job, began):
        await _simulate(world, began, inputs)


async def _simulate(world: World, job: Job, inputs: Inputs) -> None:
    name = (job.tenant, job.simulation_id)
    handle = world.board.begin(name)
    world.witness.began(job)
    try:
        result = await asyncio.to_thread(_compute, job, inputs, world.device, handle)
        finished = jobs.publish(job)
        forecasts = await asyncio.to_thread(world.records.write, finished, result)
        if await world.store.finish(job, finished, forecasts):
            await _publish(world, finished)
    except Stopped:
        pass
    except Retryable:
        raise
    except DramatisError as error:
        await _fail(world, job, error)
    except MemoryError:
        await _fail(world, job, Exhausted("not enough memory", reason="OUT_OF_MEMORY"))
    except Exception as error:
        world.witness.broke(job, error)
        broken = Invalid("the engine cannot compute with these inputs", reason="ENGINE_FAILED")
        await _fail(world, job, broken)
    finally:
        handle.stop = True
        world.witness.left(job, world.board.end(name))


def _compute(job: Job, inputs: Inputs, device: str, handle: Run) -> Result:
    """On a thread of its own; looks up between two personas whether to stop."""

    def progress(share: float) -> None:
        if handle.stop:
            raise Stopped
        handle.progress = share

    return simulate(job, inputs, device, progress)


async def _publish(world: World, job: Job) -> None:
    """Everything is in the topic before the job says that it succeeded."""
    forecasts = await world.store.forecasts(job.tenant, job.simulation_id, ("", ""), MOST)
    await world.publisher.publish(job, forecasts)
    world.witness.published(job, len(forecasts))
    await _end(world, job, jobs.succeed(job, world.clock()))


async def _fail(world: World, job: Job, error: DramatisError) -> None:
    await _end(world, job, jobs.fail(job, error, world.clock()))


async def _end(world: World, job: Job, ended: Job) -> None:
    if await world.store.change(job, ended):
        world.witness.ended(ended)
    world.board.ring()
