"""The records of one call on their way, and where they landed."""

import asyncio
from collections.abc import Sequence


class Delivery:
    """Is done when each of its records is, or when one of them failed."""

    def __init__(self, count: int) -> None:
        self.offsets = [-1] * count
        self.abandoned = False
        self._left = count
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def landed(self, index: int, offset: int) -> None:
        """One record is durable."""
        self.offsets[index] = offset
        self._left -= 1
        if not self._left and not self._done.done():
            self._done.set_result(None)

    def failed(self, error: Exception) -> None:
        """One record may not be written."""
        self.abandoned = True
        if not self._done.done():
            self._done.set_exception(error)

    async def wait(self) -> Sequence[int]:
        """The offset of each record. Who stops waiting abandons what was not sent yet."""
        try:
            await self._done
        finally:
            self.abandoned = True
        return self.offsets
