"""Standard input as a life line: it closes when the process at its other end has ended."""

import asyncio
import os
from collections.abc import Callable
from typing import Final

INPUT: Final = 0


def on_closed(act: Callable[[], None]) -> None:
    """Calls `act` once standard input, which must be a pipe, is closed at its other end."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        if not os.read(INPUT, 4096):
            loop.remove_reader(INPUT)
            act()

    loop.add_reader(INPUT, read)
