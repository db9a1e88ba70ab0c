"""The one worker: takes optimizations in their order and sees each to its end."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

import numpy as np
import structlog

from dramatis.core.errors import Retryable
from dramatis.core.lease import RENEW_SECONDS, Lease
from dramatis.optimizer import metrics
from dramatis.optimizer.app.board import Board
from dramatis.optimizer.domain.job import ATTEMPTS, INTERNAL, Failure, Inputs, Optimization
from dramatis.optimizer.ports import Jobs
from dramatis.runtime import backoff
from dramatis.runtime.clock import Clock

IDLE_SECONDS: Final = 5.0
"""Between two looks at the queue: another process may have queued a job."""
_logger = structlog.get_logger(__name__)


class Worker:
    """Runs jobs one at a time in a thread of their own, so that calls are answered meanwhile."""

    def __init__(
        self,
        jobs: Jobs,
        board: Board,
        clock: Clock,
        *,
        name: str,
        threads: int,
        healthy: Callable[[bool], None],
    ) -> None:
        """Makes the worker; nothing is done before `run`.

        Args:
            jobs: the queue.
            board: tells when there is something to do.
            clock: the time.
            name: of this process among those that share the queue.
            threads: of torch.
            healthy: told whether the store can be used.
        """
        self._jobs = jobs
        self._board = board
        self._clock = clock
        self._name = name
        self._threads = threads
        self._healthy = healthy

    async def run(self) -> None:
        """Works until cancelled; tries again, ever later, while the store cannot be used."""
        executor = ThreadPoolExecutor(1, thread_name_prefix="training")
        loop = asyncio.get_running_loop()
        try:
            self._healthy(True)
            await loop.run_in_executor(executor, _warm, self._threads)
            delays = backoff.delays(np.random.default_rng())
            while True:
                try:
                    await self._work(executor)
                    self._healthy(True)
                    delays = backoff.delays(np.random.default_rng())
                except Retryable as error:
                    _logger.warning("waiting", reason=error.reason)
                    self._healthy(False)
                    await asyncio.sleep(next(delays))
        finally:
            await asyncio.to_thread(executor.shutdown)

    async def _work(self, executor: ThreadPoolExecutor) -> None:
        """Does the next job, or waits until there may be one."""
        changes = self._board.changes
        if (taken := await self._jobs.take(self._lease())) is None:
            return await self._board.wait(changes, IDLE_SECONDS)
        job, inputs = taken
        await self._board.tell()
        if job.stopping:
            self._board.stop(job.tenant, job.optimization_id)
        _logger.info("optimizing", optimization_id=job.optimization_id)
        began = self._clock()
        holding = asyncio.create_task(self._hold(job))
        try:
            ended = await self._see_through(job, inputs, executor)
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)
            self._board.forget(job.tenant, job.optimization_id)
        seconds = (self._clock() - began).total_seconds()
        metrics.count(ended, seconds)
        _logger.info(
            "ended", optimization_id=ended.optimization_id, state=ended.state.name, seconds=seconds
        )

    def _lease(self) -> Lease:
        return Lease.of(self._name, self._clock())

    async def _hold(self, job: Optimization) -> None:
        """Keeps the job from other workers; stops it where one has it, or somebody asks for it."""
        held = True
        while held:
            await asyncio.sleep(RENEW_SECONDS)
            with suppress(Retryable):
                held = await self._jobs.renew(job, self._lease())
        self._board.stop(job.tenant, job.optimization_id)

    async def _see_through(
        self, job: Optimization, inputs: Inputs, executor: ThreadPoolExecutor
    ) -> Optimization:
        """The job after its end; our own mistakes end it too, or it would come again for ever."""
        from dramatis.optimizer.app import optimize  # noqa: PLC0415 loads torch: see _warm

        if job.attempts > ATTEMPTS:
            words = f"the process died {ATTEMPTS} times at this optimization; make it smaller"
            failure = Failure(INTERNAL, "WORKER_DIED", words)
            return await optimize.end(job, None, failure, self._jobs, self._board, self._clock())
        try:
            return await optimize.optimize(
                job, inputs, self._jobs, self._board, executor, self._clock
            )
        except Retryable:
            raise
        except Exception:
            _logger.exception("a bug ended the job", optimization_id=job.optimization_id)
            failure = Failure(INTERNAL, "INTERNAL", "something went wrong here, see our log")
            return await optimize.end(job, None, failure, self._jobs, self._board, self._clock())


def _warm(threads: int) -> None:
    """Loads torch and trains for a moment: the first use takes seconds, and calls need not wait."""
    import torch  # noqa: PLC0415

    from dramatis.optimizer.domain import training, worlds  # noqa: PLC0415

    torch.set_num_threads(threads)
    training.train(worlds.smallest(), 1, 0, lambda done, point: True)
