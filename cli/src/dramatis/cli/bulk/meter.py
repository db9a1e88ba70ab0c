"""How far a file is: a bar with rate and time left on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

LINE_SECONDS: Final = 5.0


class Meter(Protocol):
    """Hears how far the work is."""

    def update(self, share: float, rows: int, rejected: int) -> None:
        """So much of the file, in [0, 1], and so many rows of this run are done."""

    def say(self, line: str) -> None:
        """A line that must not be missed."""


class Silent:
    """Tells nothing."""

    def update(self, share: float, rows: int, rejected: int) -> None:
        """Nothing."""

    def say(self, line: str) -> None:
        """Nothing."""


class Lines:
    """A line every few seconds."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._begun, self._told = stream, time.monotonic(), 0.0

    def update(self, share: float, rows: int, rejected: int) -> None:
        """Prints a line when it is time for the next."""
        seconds = time.monotonic() - self._begun
        if seconds - self._told >= LINE_SECONDS:
            self._told = seconds
            left = f", {seconds / share - seconds:,.0f} s left" if share else ""
            self.say(f"{share:6.1%}  {_rate(rows, seconds)}, {rejected:,} rejected{left}")

    def say(self, line: str) -> None:
        """Prints the line."""
        print(line, file=self._stream, flush=True)


class Bar:
    """One bar over the file."""

    def __init__(self, bars: Progress) -> None:
        self._bars, self._begun = bars, time.monotonic()
        self._task = bars.add_task("", total=1.0, told="")

    def update(self, share: float, rows: int, rejected: int) -> None:
        """Moves the bar."""
        told = f"{_rate(rows, time.monotonic() - self._begun)}, {rejected:,} rejected"
        self._bars.update(self._task, completed=share, told=told)

    def say(self, line: str) -> None:
        """Prints the line above the bar."""
        self._bars.console.print(line, markup=False, highlight=False)


def _rate(rows: int, seconds: float) -> str:
    return f"{rows:,} rows, {rows / seconds if seconds else 0:,.0f} rows/s"


@contextmanager
def meter(console: Console, *, quiet: bool) -> Iterator[Meter]:
    """The right one for where the output goes; the bar goes away at the end."""
    if quiet:
        yield Silent()
    elif not console.is_terminal:
        yield Lines(console.file)  # type: ignore[arg-type]
    else:
        columns = (BarColumn(), TextColumn("{task.percentage:5.1f} %  {task.fields[told]}"),
                   TimeRemainingColumn())  # fmt: skip
        with Progress(*columns, console=console, transient=True) as bars:
            yield Bar(bars)
