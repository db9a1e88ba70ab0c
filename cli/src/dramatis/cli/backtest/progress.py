"""How far the replay is: bars on a terminal, plain lines elsewhere, silence for machines."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Teller(Protocol):
    """Hears of each step of the replay."""

    def plan(self, steps: int) -> None:
        """How many more steps there will be."""

    def begin(self, title: str) -> None:
        """The next step has begun."""

    def say(self, line: str) -> None:
        """A line that must not be missed."""


class Silent:
    """Tells nothing."""

    def plan(self, steps: int) -> None:
        """Nothing."""

    def begin(self, title: str) -> None:
        """Nothing."""

    def say(self, line: str) -> None:
        """Nothing."""


class Lines:
    """One line per step, with the seconds since the start."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._begun = stream, time.monotonic()
        self._done, self._steps = 0, 0

    def plan(self, steps: int) -> None:
        """How many more steps there will be."""
        self._steps = self._done + steps

    def begin(self, title: str) -> None:
        """Prints the step."""
        self._done += 1
        seconds = time.monotonic() - self._begun
        of = f"/{self._steps}" if self._steps else ""
        print(f"[{self._done}{of}] {seconds:5.1f} s  {title}", file=self._stream, flush=True)

    def say(self, line: str) -> None:
        """Prints the line."""
        print(line, file=self._stream, flush=True)


class Bars:
    """One bar over all steps, with the present one's title."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID = bars.add_task("starting", total=None)
        self._done = -1

    def plan(self, steps: int) -> None:
        """Sets the bar's length."""
        self._bars.update(self._task, total=self._done + 1 + steps)

    def begin(self, title: str) -> None:
        """Moves the bar on."""
        self._done += 1
        self._bars.update(self._task, completed=self._done, description=title)

    def say(self, line: str) -> None:
        """Prints the line above the bar."""
        self._bars.console.print(line, style="bold yellow", markup=False)


@contextmanager
def teller(console: Console, *, quiet: bool) -> Iterator[Teller]:
    """The right one for where the output goes; bars go away at the end."""
    if quiet:
        yield Silent()
    elif not console.is_terminal:
        yield Lines(console.file)  # type: ignore[arg-type]
    else:
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bars:
            yield Bars(bars)
