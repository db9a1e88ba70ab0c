"""How much may come in at once and over time: memory is bounded, no tenant crowds out another."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

from dramatis.core.errors import Exhausted
from dramatis.ingest.domain.policy import Policies, Quota

LONGEST_WAIT_SECONDS: Final = 10.0
DISK_SECONDS: Final = 30.0
"""Nobody makes room on a disk sooner than that."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes of requests may be in work.

    Attributes:
        total: over all tenants.
        per_tenant: of each.
    """

    total: int = 32 << 20
    per_tenant: int = 16 << 20


class Intake:
    """Lets requests in, or says when to come again."""

    def __init__(
        self,
        policies: Policies | None = None,
        room: Room | None = None,
        seconds: Callable[[], float] = lambda: asyncio.get_running_loop().time(),
        spare: Callable[[], bool] = lambda: True,
    ) -> None:
        """Makes it.

        Args:
            policies: for the quotas.
            room: for what is in work.
            seconds: a clock that never goes back.
            spare: whether the disk has room for what is not urgent.
        """
        self._policies = policies or Policies()
        self._room = room or Room()
        self._seconds = seconds
        self._spare = spare
        self._bytes: Counter[str] = Counter()
        self._buckets: dict[str, _Bucket] = {}

    @contextmanager
    def admit(self, tenant: str, items: int, size: int, *, urgent: bool = False) -> Iterator[None]:
        """Makes room for a request of so many items and bytes while it is in work.

        Args:
            tenant: who sends it.
            items: in it.
            size: of it.
            urgent: whether it is let in though the disk is nearly full.

        Raises:
            Exhausted: there is no room, or the tenant has sent more than its quota.
        """
        self._take(tenant, items, size, urgent)
        try:
            yield
        finally:
            self._leave(tenant, size)

    @asynccontextmanager
    async def wait(self, tenant: str, items: int, size: int) -> AsyncIterator[None]:
        """The same for who sends in a stream, and is kept waiting rather than refused.

        Raises:
            Exhausted: it would take longer than a stream should be kept waiting.
        """
        until = self._seconds() + LONGEST_WAIT_SECONDS
        while (pause := self._pause(tenant, items, size, until)) > 0:
            await asyncio.sleep(pause)
        try:
            yield
        finally:
            self._leave(tenant, size)

    def _pause(self, tenant: str, items: int, size: int, until: float) -> float:
        """Takes what is wanted and returns 0, or says how long to wait before trying again."""
        try:
            self._take(tenant, items, size, urgent=False)
        except Exhausted as error:
            if self._seconds() + error.retry_after_seconds > until:
                raise
            return error.retry_after_seconds
        return 0.0

    def _leave(self, tenant: str, size: int) -> None:
        self._bytes[tenant] -= size
        if not self._bytes[tenant]:
            del self._bytes[tenant]

    def _take(self, tenant: str, items: int, size: int, urgent: bool) -> None:
        """Who has nothing in work yet is let in with any size."""
        if not (urgent or self._spare()):
            raise Exhausted(
                "the disk is nearly full, and what is left is kept for consents and erasures; "
                "send again when there is room",
                reason="DISK_NEARLY_FULL",
                retry_after_seconds=DISK_SECONDS,
            )
        room, mine = self._room, self._bytes[tenant]
        total = self._bytes.total() + size
        if mine and (mine + size > room.per_tenant or total > room.total):
            raise Exhausted(
                "too much of this tenant is in work already; send again when some is answered",
                reason="TOO_MUCH_IN_WORK",
                retry_after_seconds=0.1,
            )
        self._bucket(tenant).take(items, self._seconds())
        self._bytes[tenant] += size

    def _bucket(self, tenant: str) -> "_Bucket":
        bucket = self._buckets.get(tenant)
        if bucket is None:
            quota = self._policies.of(tenant).quota
            bucket = self._buckets[tenant] = _Bucket(quota, self._seconds())
        return bucket


class _Bucket:
    """Tokens that come back with time. A request may take more than there are, and leaves debt."""

    __slots__ = ("_left", "_quota", "_then")

    def __init__(self, quota: Quota, now: float) -> None:
        self._quota = quota
        self._left = quota.burst_items
        self._then = now

    def take(self, items: int, now: float) -> None:
        """Takes tokens.

        Raises:
            Exhausted: there is none; it says when there will be.
        """
        rate = self._quota.items_per_second
        refilled = self._left + (now - self._then) * rate
        self._left, self._then = min(refilled, self._quota.burst_items), now
        if self._left < 1:
            raise Exhausted(
                f"this tenant has sent more than its quota of {rate:g} items a second",
                reason="QUOTA",
                retry_after_seconds=(1 - self._left) / rate,
            )
        self._left -= items
