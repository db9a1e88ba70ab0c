"""What one tenant may hold at a time, and what is not worth starting."""

from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType

from dramatis.core.errors import Exhausted
from dramatis.runtime.interceptors.call import Call
from dramatis.runtime.status import TooLate

_NOTHING: AbstractContextManager[object] = nullcontext()


class Limits:
    """Counts the calls in progress of each tenant, over all methods of the server."""

    def __init__(self, max_calls_per_tenant: int) -> None:
        self._most = max_calls_per_tenant
        self._running: Counter[str] = Counter()

    def __call__(self, call: Call) -> AbstractContextManager[object]:
        """Holds a place for one call.

        Raises:
            TooLate: its deadline has passed already.
            Exhausted: the tenant has as many calls in progress as it may.
        """
        left = call.context.time_remaining()
        if left is not None and left <= 0:
            raise TooLate("the deadline had passed before the call could start")
        if call.method.public:
            return _NOTHING
        if self._running[call.tenant] >= self._most:
            raise Exhausted(
                f"{self._most} calls are in progress already; wait for some to end",
                reason="TOO_MANY_CALLS",
            )
        return _Place(self._running, call.tenant)


class _Place:
    __slots__ = ("_running", "_tenant")

    def __init__(self, running: Counter[str], tenant: str) -> None:
        self._running = running
        self._tenant = tenant

    def __enter__(self) -> None:
        self._running[self._tenant] += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._running[self._tenant] -= 1
        if not self._running[self._tenant]:
            del self._running[self._tenant]
