"""Word of changes inside this process: to watchers, to the worker, and to a job that shall stop."""

import asyncio


class Board:
    """Counts changes of jobs, and remembers which were asked to stop. Nothing here is durable."""

    def __init__(self) -> None:
        self._changes = 0
        self._changed = asyncio.Condition()
        self._stopping: set[tuple[str, str]] = set()

    @property
    def changes(self) -> int:
        """How many changes there were."""
        return self._changes

    async def tell(self) -> None:
        """Says that some job changed."""
        async with self._changed:
            self._changes += 1
            self._changed.notify_all()

    async def wait(self, changes: int, timeout_seconds: float) -> None:
        """Returns when there were more changes than that, or after the timeout.

        Other processes may change jobs too: nobody hears of that, so who waits looks again.
        """
        try:
            async with asyncio.timeout(timeout_seconds), self._changed:
                await self._changed.wait_for(lambda: self._changes > changes)
        except TimeoutError:
            pass

    def stop(self, tenant: str, optimization_id: str) -> None:
        """Asks a running job to stop; safe from any thread."""
        self._stopping.add((tenant, optimization_id))

    def stopping(self, tenant: str, optimization_id: str) -> bool:
        """Whether a job was asked to stop; safe from any thread."""
        return (tenant, optimization_id) in self._stopping

    def forget(self, tenant: str, optimization_id: str) -> None:
        """The job has ended."""
        self._stopping.discard((tenant, optimization_id))
