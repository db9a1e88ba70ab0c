"""Durable transactions that never block the event loop: the machine behind every store.

One thread writes; the writes that queue up meanwhile share one transaction and so one fsync.
Other threads read, so that reads do not wait for the disk. What a thread works on is a `Session`.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from dramatis.core.errors import Unavailable

T = TypeVar("T")
Tx = TypeVar("Tx")
Tx_co = TypeVar("Tx_co", covariant=True)
Work = Callable[[Tx], T]

MAX_GROUP = 256


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a work returned, or how it failed."""

    result: Any = None
    error: BaseException | None = None

    @classmethod
    def of(cls, work: Work[Tx, T], tx: Tx) -> "Outcome":
        """Runs the work."""
        try:
            return cls(work(tx))
        except Exception as error:
            return cls(error=error)


class Session(Protocol[Tx_co]):
    """One connection to a store. Any thread may use it, one at a time."""

    def write(self, works: Sequence[Work[Tx_co, Any]]) -> Sequence[Outcome]:
        """Runs the works in one transaction and commits it; of one that fails nothing remains.

        A work may be run again, in a transaction that knows nothing of its first run.

        Returns:
            For each work its outcome. Where the transaction itself fails, all of them failed.
        """
        ...

    def read(self, work: Work[Tx_co, T]) -> T:
        """What the work returns; it sees one consistent state and cannot change it."""
        ...

    def close(self) -> None:
        """Ends the connection."""
        ...


class Database(Generic[Tx]):
    """One store: `write` and `read` run a function in a transaction."""

    def __init__(self, name: str, writer: Session[Tx], readers: Sequence[Session[Tx]]) -> None:
        """Starts the threads.

        Args:
            name: what an operator knows the store by.
            writer: for the thread that writes.
            readers: one for each thread that reads.
        """
        self.name = name
        self._writer = writer
        self._readers = readers
        self._idle: queue.SimpleQueue[Session[Tx]] = queue.SimpleQueue()
        for reader in readers:
            self._idle.put(reader)
        self._queue: queue.SimpleQueue[tuple[Work[Tx, Any], Future[Any]] | None]
        self._queue = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name=f"{name}-writer")
        self._reads = ThreadPoolExecutor(len(readers), thread_name_prefix=f"{name}-reader")
        self._open = True
        self._thread.start()

    async def write(self, work: Work[Tx, T]) -> T:
        """What `work` returns, after its changes are durable; nothing remains if it raises.

        `work` runs on the writing thread, and may run again: it must change nothing but its
        transaction. A cancelled write may still happen.

        Raises:
            Unavailable: nothing was changed, or it is not known whether it was.
            Exception: what `work` raised.
        """
        self._check_open()
        future: Future[T] = Future()
        self._queue.put((work, future))
        return await asyncio.wrap_future(future)

    async def read(self, work: Work[Tx, T]) -> T:
        """What `work` returns; it sees one consistent state, all finished writes included.

        Raises:
            Unavailable: the store cannot be read.
        """
        self._check_open()
        return await asyncio.get_running_loop().run_in_executor(self._reads, self._read, work)

    def _check_open(self) -> None:
        if not self._open:
            raise Unavailable(f"{self.name} is closed")

    def _read(self, work: Work[Tx, T]) -> T:
        session = self._idle.get()
        try:
            return session.read(work)
        finally:
            self._idle.put(session)

    def _write_all(self) -> None:
        """The writing thread: takes what is queued, until None."""
        while (first := self._queue.get()) is not None:
            group, last = [first], False
            with suppress(queue.Empty):
                while len(group) < MAX_GROUP and not last:
                    item = self._queue.get_nowait()
                    if item is None:
                        last = True
                    else:
                        group.append(item)
            self._write_group([(work, to) for work, to in group if _starts(to)])
            if last:
                return

    def _write_group(self, group: Sequence[tuple[Work[Tx, Any], "Future[Any]"]]) -> None:
        if not group:
            return
        try:
            outcomes = self._writer.write([work for work, _ in group])
        except BaseException as error:
            outcomes = [Outcome(error=error)] * len(group)
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if outcome.error is None:
                future.set_result(outcome.result)
            else:
                future.set_exception(outcome.error)

    def close(self) -> None:
        """Waits for what was asked for, then ends threads and connections. Blocks."""
        self._open = False
        self._queue.put(None)
        self._thread.join()
        self._reads.shutdown()
        for session in (*self._readers, self._writer):
            session.close()


def _starts(future: "Future[Any]") -> bool:
    return future.set_running_or_notify_cancel()
