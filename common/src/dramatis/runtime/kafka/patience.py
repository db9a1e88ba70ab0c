"""Nobody sends what the one before has sent in vain, until anything gets through.

Callers queue behind one another, for a recipient say: their waits must not add up. And what is
refused without being sent is not in the log twice afterwards.
"""

import asyncio
from typing import Final

SHORT_SECONDS: Final = 0.1


class Patience:
    """Is lost by a wait in vain, and found again when a batch that is on its way comes to an end.

    Only to be lost while there is one, or it is never found.
    """

    def __init__(self) -> None:
        self._found = asyncio.Event()
        self._found.set()

    def lose(self) -> None:
        """Somebody has waited in vain."""
        self._found.clear()

    def find(self) -> None:
        """A batch was answered, or given up."""
        self._found.set()

    async def wait(self) -> None:
        """Returns when it is worth trying.

        Raises:
            TimeoutError: it is not.
        """
        async with asyncio.timeout(SHORT_SECONDS):
            await self._found.wait()
