"""What the worker is doing at this moment, for those who watch it and those who stop it."""

import asyncio
from dataclasses import dataclass

Name = tuple[str, str]
"""Tenant and simulation id."""


@dataclass(slots=True)
class Run:
    """A simulation in the worker's hands; written by its thread, read by everyone.

    Attributes:
        progress: share done, [0, 1].
        started_at: loop time in seconds.
        seen: loop time and progress when it was first seen to move.
        stop: whether it is to stop.
    """

    progress: float = 0.0
    started_at: float = 0.0
    seen: tuple[float, float] | None = None
    stop: bool = False


class Board:
    """Runs in progress, and a bell that rings when any job changes."""

    def __init__(self) -> None:
        self._runs: dict[Name, Run] = {}
        self._waiting: set[asyncio.Event] = set()

    def begin(self, name: Name) -> Run:
        """Notes that a run starts."""
        run = self._runs[name] = Run(started_at=asyncio.get_running_loop().time())
        self.ring()
        return run

    def end(self, name: Name) -> float:
        """Notes that a run is over, and returns how many seconds it took."""
        run = self._runs.pop(name)
        self.ring()
        return asyncio.get_running_loop().time() - run.started_at

    def run(self, name: Name) -> Run | None:
        """The run of a job, if it is in progress."""
        return self._runs.get(name)

    def seconds_left(self, name: Name) -> float | None:
        """Expected time to the end of a run, by its speed since it moved; None where unknown."""
        run = self._runs.get(name)
        if run is None or run.progress <= 0:
            return None
        now, progress = asyncio.get_running_loop().time(), run.progress
        since, before = run.seen = run.seen or (now, progress)
        if progress <= before:
            return None
        return (now - since) * (1 - progress) / (progress - before)

    def ring(self) -> None:
        """Wakes everyone who waits."""
        for event in self._waiting:
            event.set()

    def bell(self) -> "Bell":
        """A bell of one's own, to wait at as often as one likes."""
        return Bell(self._waiting)


class Bell:
    """Rings for one listener; what rang before it listens is not lost."""

    def __init__(self, waiting: set[asyncio.Event]) -> None:
        self._waiting = waiting
        self._event = asyncio.Event()

    def __enter__(self) -> "Bell":
        self._waiting.add(self._event)
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.discard(self._event)

    async def wait(self, timeout_seconds: float) -> None:
        """Returns when it has rung since the last time, or after the timeout."""
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._event.wait()
        except TimeoutError:
            pass
        self._event.clear()
