"""Work that is carried to its end, whoever leaves meanwhile."""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")


class Errands:
    """What must not end half done: a caller who goes away does not stop it.

    Between the append to the log and the note in the store, a cancelled call would leave the one
    without the other. Entered as a context, it waits on leaving for all that is under way.
    """

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    async def finish(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of the work, which goes on if the one who asked for it is cancelled."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        try:
            return await asyncio.shield(task)
        finally:
            del (
                task
            )  # or an error would hold this frame, which holds the task, which holds the error

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked has it; if they have left, nobody else does

    async def __aenter__(self) -> "Errands":
        """Nothing to open."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Waits for all that is under way."""
        await asyncio.gather(*self._running, return_exceptions=True)
