"""How many requests one tenant may have in progress."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from dramatis.core.errors import Exhausted


class Places:
    """Counts the requests in progress by tenant, over all doors of this edge."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: Counter[str] = Counter()

    @contextmanager
    def hold(self, tenant: str) -> Iterator[None]:
        """Holds a place for one request.

        Raises:
            Exhausted: the tenant has as many as it may.
        """
        if self._held[tenant] >= self._most:
            raise Exhausted(
                f"{self._most} requests are in progress already; wait for some to end",
                reason="TOO_MANY_REQUESTS",
            )
        self._held[tenant] += 1
        try:
            yield
        finally:
            self._held[tenant] -= 1
            if not self._held[tenant]:
                del self._held[tenant]
