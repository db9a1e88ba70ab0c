"""What workers do where others come in between."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from dramatis.core.errors import Unavailable

T = TypeVar("T")


async def insist(act: Callable[..., Awaitable[T]], *arguments: Any) -> T:
    """Does it again as long as another process changes the same rows."""
    while True:
        try:
            return await act(*arguments)
        except Unavailable as error:
            if error.reason != "BUSY":
                raise
