"""Whether the service can do its work: named conditions that must all hold.

Until each holds, the process lives (`/healthz`) but is not ready (`/readyz`, gRPC NOT_SERVING).
"""

from collections.abc import Callable, Sequence


class Health:
    """The conditions of one process, and who wants to know when the verdict changes."""

    def __init__(self) -> None:
        self._conditions: dict[str, bool] = {}
        self._listeners: list[Callable[[bool], None]] = []
        self._stopping = False
        self.closed = False

    def require(self, name: str) -> None:
        """Adds a condition that does not hold yet, such as `snapshot`, `log` or `store`."""
        self._conditions.setdefault(name, False)
        self._tell()

    def set(self, name: str, holds: bool) -> None:
        """Says whether a condition holds."""
        self._conditions[name] = holds
        self._tell()

    def stop(self) -> None:
        """From now on NOT_SERVING, whatever the conditions say."""
        self._stopping = True
        self._tell()

    def close(self) -> None:
        """Callers had time to notice: ends their watching, which would hold up the stop."""
        self.closed = True
        self._tell()

    @property
    def missing(self) -> Sequence[str]:
        """Names of the conditions that do not hold."""
        missing = [name for name, holds in self._conditions.items() if not holds]
        return [*missing, "stopping"] if self._stopping else missing

    @property
    def ready(self) -> bool:
        """Whether all conditions hold and the service is not stopping."""
        return not self.missing

    def listen(self, listener: Callable[[bool], None]) -> None:
        """Calls `listener(ready)` now and after every change; it must not block or raise."""
        self._listeners.append(listener)
        listener(self.ready)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener(self.ready)
