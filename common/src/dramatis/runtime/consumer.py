"""The one loop that turns records of the log into effects: commit, dead letter or retry.

A service hands in a `Handler`; neither decode nor apply has a `try`. What they raise decides:

    Invalid, Refused, ...  this record can never be applied: a dead letter with its reason
    Poisoned               the same, for the items of a batch that it names
    Unavailable, Exhausted the whole batch again, with back-off
    Overtaken              another member of the group was here: subscribe anew
    anything else          in decode a dead letter; in apply a bug: the service stops and says so

Dead letters are durable before the position moves past them, so none is lost.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

import numpy as np
import structlog

from dramatis.core.errors import DramatisError, Retryable, Unavailable
from dramatis.runtime import backoff
from dramatis.runtime.dead_letters import Limit, Meter, letter
from dramatis.runtime.event_log import EventLog, Overtaken, Record, Subscription
from dramatis.runtime.log_token import LogToken

T = TypeVar("T")
POLL_SECONDS = 1.0
LOOK_SECONDS = 0.25  # between looks at what other members of the group have applied
PATIENCE = 5  # attempts, a second or so, before health says that the loop waits

_logger = structlog.get_logger(__name__)


class Poisoned(Exception):
    """Items of a batch that can never be applied, by their index; nothing was applied."""

    def __init__(self, errors: Mapping[int, DramatisError]) -> None:
        super().__init__(f"{len(errors)} items")
        self.errors = errors


class Handler(Protocol[T]):
    """What one consumer does with its records. T is what a record decodes to."""

    async def applied(self) -> LogToken:
        """The position that was saved with the last effect."""
        ...

    def decode(self, record: Record) -> T:
        """What the record says. Pure and quick.

        Raises:
            Exception: any, makes the record a dead letter.
        """
        ...

    async def apply(self, items: Sequence[T], position: LogToken) -> None:
        """Applies the effects of all items and saves `position`, in one transaction.

        May be called with no items, to move past dead letters. An item may come a second time,
        although rarely: deduplicate by its event id where twice is not the same as once.

        Raises:
            Poisoned: these can never be applied; the others will come again without them.
            Invalid, Refused: one of them cannot; the loop halves the batch to find it.
            Unavailable: nothing was applied; the same items will come again.
            Overtaken: nothing was applied; the store is past `position` already.
        """
        ...


class Consumer(Generic[T]):
    """Reads topics as one group and applies them. `run` is the loop, the rest may watch it."""

    def __init__(
        self,
        log: EventLog,
        topics: Collection[str],
        group: str,
        handler: Handler[T],
        *,
        health: Callable[[bool], None] = lambda ready: None,
        max_records: int = 2000,
        limit: Limit | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        """Makes the consumer; nothing is read before `run`.

        Args:
            log: where from, and where dead letters go.
            topics: all that the handler can decode.
            group: the name of this reader, in its store and in dead letters.
            handler: decodes and applies.
            health: told True while records are being applied, False when the loop cannot go on.
            max_records: the largest batch.
            limit: more dead letters than this stop the loop.
            rng: spreads the retries.
        """
        self._log = log
        self._topics = frozenset(topics)
        self._group = group
        self._handler = handler
        self._health = health
        self._max_records = max_records
        self._meter = Meter(limit or Limit())
        self._rng = rng or np.random.default_rng()
        self._position = LogToken()
        self._moved = asyncio.Condition()
        self._looking = asyncio.Lock()
        self._looked = -LOOK_SECONDS

    @property
    def position(self) -> LogToken:
        """Covers every record whose effect can be seen in the store."""
        return self._position

    async def wait_for(self, token: LogToken, timeout_seconds: float) -> None:
        """Returns when everything in the token has been applied, here or by another member.

        Topics that this consumer does not read are not waited for.

        Raises:
            Unavailable: not within the time; the caller may try again.
        """
        wanted = token.only(self._topics)
        try:
            async with asyncio.timeout(timeout_seconds):
                while not self._position.covers(wanted):
                    await self._moved_within(LOOK_SECONDS)
                    if not self._position.covers(wanted):
                        await self._look()
        except TimeoutError:
            raise Unavailable(
                "what was written has not arrived here yet", reason="NOT_CAUGHT_UP"
            ) from None

    async def _moved_within(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait()

    async def _look(self) -> None:
        """Learns from the store what other members have applied; one look for all who wait."""
        async with self._looking:
            time = asyncio.get_running_loop().time()
            if time - self._looked < LOOK_SECONDS:
                return
            self._looked = time
            with suppress(Retryable):
                await self._move(await self._handler.applied())

    async def run(self) -> None:
        """Applies records until cancelled. After too many dead letters it only waits."""
        delays = backoff.delays(self._rng)
        while not self._meter.exceeded:
            try:
                await self._follow()
            except Overtaken:
                _logger.info("overtaken, subscribing anew", group=self._group)
                await asyncio.sleep(next(delays))
        self._health(False)
        _logger.error("too many dead letters, consumer stopped", group=self._group)
        await asyncio.Event().wait()

    async def _follow(self) -> None:
        """Applies records until there were too many dead letters."""
        async with self._log.subscribe(self._topics, self._group, self._start) as subscription:
            self._health(True)
            while not self._meter.exceeded:
                await self._step(subscription)

    async def _start(self) -> LogToken:
        """What the store has applied; waits for a store that is away."""

        async def load() -> None:
            await self._move(await self._handler.applied())

        await self._until_available(load)
        return self._position

    async def _step(self, subscription: Subscription) -> None:
        records: Sequence[Record] = ()

        async def poll() -> None:
            nonlocal records
            records = await subscription.poll(self._max_records, POLL_SECONDS)

        await self._until_available(poll)
        if records:
            dead = await self._consume(records, subscription.position.only(self._topics))
            self._meter.update(len(records), dead)
        await self._move(subscription.position)

    async def _consume(self, records: Sequence[Record], position: LogToken) -> int:
        """Decodes and applies one batch; returns how many became dead letters."""
        good: list[tuple[Record, T]] = []
        bad: list[tuple[Record, Exception]] = []
        for record in records:
            if record.fault:
                bad.append((record, record.fault))
                continue
            try:
                good.append((record, self._handler.decode(record)))
            except Exception as error:
                bad.append((record, error))
        await self._bury(bad)
        return len(bad) + await self._apply(good, position)

    async def _apply(self, batch: Sequence[tuple[Record, T]], position: LogToken) -> int:
        """Applies what can be applied; returns how many became dead letters."""
        try:
            items = [item for _, item in batch]
            await self._until_available(lambda: self._handler.apply(items, position))
            return 0
        except Poisoned as poison:
            errors = poison.errors
        except DramatisError as error:
            if not batch:
                raise
            if len(batch) > 1:
                return await self._halve(batch, position)
            errors = {0: error}
        await self._bury([(batch[index][0], error) for index, error in errors.items()])
        good = [each for index, each in enumerate(batch) if index not in errors]
        return len(errors) + await self._apply(good, position)

    async def _halve(self, batch: Sequence[tuple[Record, T]], position: LogToken) -> int:
        """Applies the halves one after the other; with the first, all before the second is done."""
        middle = len(batch) // 2
        dead = await self._apply(batch[:middle], _before(batch[middle:]))
        return dead + await self._apply(batch[middle:], position)

    async def _bury(self, bad: Sequence[tuple[Record, Exception]]) -> None:
        if not bad:
            return
        letters = [letter(record, error, self._group) for record, error in bad]
        await self._until_available(lambda: self._log.append(letters))
        _logger.warning("dead letters", group=self._group, count=len(bad))

    async def _move(self, position: LogToken) -> None:
        async with self._moved:
            self._position = self._position.merge(position)
            self._moved.notify_all()

    async def _until_available(self, act: Callable[[], Awaitable[object]]) -> None:
        """Does it, again and again while it is Unavailable; health says so if that lasts."""
        for attempt, delay in enumerate(backoff.delays(self._rng), start=1):
            try:
                await act()
            except Retryable as error:
                _logger.warning("waiting", group=self._group, reason=error.reason)
                if attempt == PATIENCE:
                    self._health(False)
                await asyncio.sleep(delay)
            else:
                if attempt > PATIENCE:
                    self._health(True)
                return


def _before(batch: Sequence[tuple[Record, T]]) -> LogToken:
    """Covers what comes before the batch in those partitions that it reads."""
    starts: dict[tuple[str, int], int] = {}
    for record, _ in batch:
        starts.setdefault((record.topic, record.partition), record.offset)
    return LogToken(starts)
