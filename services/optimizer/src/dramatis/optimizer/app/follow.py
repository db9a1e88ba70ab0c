"""Watches and stops optimizations."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from dramatis.core.request import Request
from dramatis.optimizer.app.board import Board
from dramatis.optimizer.domain.job import Optimization
from dramatis.optimizer.ports import Jobs

LOOK_SECONDS: Final = 1.0
"""Between two looks at a job that another process may work on."""


async def watch(
    tenant: str, optimization_id: str, jobs: Jobs, board: Board
) -> AsyncIterator[Optimization]:
    """Yields the job now and whenever it changed, last when it has ended.

    Raises:
        NotFound: the tenant has no such job.
    """
    last = None
    while last is None or not last.ended:
        changes = board.changes
        job = await jobs.get(tenant, optimization_id)
        if job != last:
            last = job
            yield job
        if not job.ended:
            await board.wait(changes, LOOK_SECONDS)


async def cancel(
    request: Request, optimization_id: str, jobs: Jobs, board: Board, now: datetime
) -> Optimization:
    """The job after it has stopped; one that had ended before is as it was.

    Raises:
        NotFound: the tenant has no such job.
        Invalid: the request id was used for something else.
    """
    job = await jobs.cancel(request, optimization_id, now)
    if not job.ended:
        board.stop(request.tenant, optimization_id)
    await board.tell()
    async for seen in watch(request.tenant, optimization_id, jobs, board):
        job = seen
    return job
