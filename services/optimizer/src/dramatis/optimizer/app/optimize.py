"""Works on one optimization."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime

from dramatis.core.errors import DramatisError, Retryable
from dramatis.core.plan_record import PlanRecord, PlanState
from dramatis.optimizer.app.board import Board
from dramatis.optimizer.domain.job import Failure, Inputs, JobState, Optimization, Point
from dramatis.optimizer.domain.proposal import Proposal
from dramatis.optimizer.domain.solve import solve
from dramatis.optimizer.ports import Jobs

Clock = Callable[[], datetime]


async def optimize(
    job: Optimization, inputs: Inputs, jobs: Jobs, board: Board, executor: Executor, clock: Clock
) -> Optimization:
    """The job after its end, which is kept with the plan; asked to stop, it keeps its best plan.

    Raises:
        Unavailable: progress or end could not be kept; take the job again.
    """
    reporter = _Reporter(job, jobs, board, clock)
    plan, failure = None, None
    try:
        solution = await asyncio.get_running_loop().run_in_executor(
            executor, solve, inputs, job.spec, reporter.stopped, reporter.progress
        )
        plan = record(job, inputs, solution.proposal, clock())
    except Retryable:
        raise
    except DramatisError as error:
        failure = Failure.of(error)
    finally:
        reporter.leave()
    return await end(reporter.job, plan, failure, jobs, board, clock())


async def end(
    job: Optimization,
    plan: PlanRecord | None,
    failure: Failure | None,
    jobs: Jobs,
    board: Board,
    now: datetime,
) -> Optimization:
    """Keeps how a job ended, and says so."""
    stopped = board.stopping(job.tenant, job.optimization_id)
    state = JobState.CANCELLED if stopped else JobState.SUCCEEDED
    ended = replace(
        job,
        state=JobState.FAILED if failure else state,
        progress=job.progress if failure or stopped else 1.0,
        seconds_left=None,
        failure=failure,
        end_time=now,
        plan_id=plan.plan_id if plan else "",
    )
    await jobs.end(ended, plan)
    board.forget(job.tenant, job.optimization_id)
    await board.tell()
    return ended


def record(job: Optimization, inputs: Inputs, proposal: Proposal, now: datetime) -> PlanRecord:
    """The plan that a proposal makes; its id follows from the job's."""
    return PlanRecord(
        tenant=job.tenant,
        plan_id=job.own_plan_id,
        persona_set_id=inputs.personas.persona_set_id,
        policy=proposal.policy,
        incumbent=proposal.incumbent,
        personas=proposal.personas,
        policy_values=proposal.policy_values,
        state=PlanState.PROPOSED,
        create_time=now,
        seed=job.spec.seed,
    )


class _Reporter:
    """Carries progress from the training's thread to the store and to watchers."""

    def __init__(self, job: Optimization, jobs: Jobs, board: Board, clock: Clock) -> None:
        self.job = job
        self._jobs = jobs
        self._board = board
        self._clock = clock
        self._began = clock()
        self._left = False
        self._loop = asyncio.get_running_loop()

    def stopped(self) -> bool:
        """Whether to go no further."""
        return self._left or self._board.stopping(self.job.tenant, self.job.optimization_id)

    def progress(self, done: float, point: Point) -> bool:
        """Keeps an evaluation; called from the training's thread, which waits for it."""
        if self._left:
            return False
        seconds = (self._clock() - self._began).total_seconds()
        self.job = replace(
            self.job,
            progress=done,
            seconds_left=seconds * (1 - done) / done if done else None,
            curve=(*self.job.curve, point),
        )
        asyncio.run_coroutine_threadsafe(self._note(), self._loop).result()
        return not self.stopped()

    def leave(self) -> None:
        """Nobody waits for the training any more."""
        self._left = True

    async def _note(self) -> None:
        await self._jobs.note(self.job)
        await self._board.tell()
