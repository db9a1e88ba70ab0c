"""An event log in which what recipients did cannot be read without their key.

Services see the records that they wrote. Of the erased they see nothing but the tombstone, whose
key is `tenant/~pseudonym`: their ids are known to nobody any more.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from dramatis.core.errors import Invalid
from dramatis.runtime import sealed_record, topics
from dramatis.runtime.event_log import (
    EventLog,
    NewRecord,
    Position,
    Record,
    StartFrom,
    Subscription,
)
from dramatis.runtime.keyring.cache import GONE
from dramatis.runtime.keyring.cipher import Damaged
from dramatis.runtime.keyring.names import Who
from dramatis.runtime.keyring.ring import Keyring
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.sealed_record import BROKEN, SEALED

Leave = Callable[[Sequence[Record]], Awaitable[Sequence[bool]]]
"""Whether each record that is read need not be opened, for its reader knows it."""


async def _none(records: Sequence[Record]) -> Sequence[bool]:
    return [False] * len(records)


class SealedLog:
    """An `EventLog` on another one."""

    def __init__(self, inner: EventLog, keyring: Keyring, leave: Leave = _none) -> None:
        """Makes it.

        Args:
            inner: holds the records as they are sealed.
            keyring: with the keys.
            leave: which records are handed out as they lie there, with the header `SEALED`.
        """
        self._inner = inner
        self._keyring = keyring
        self._leave = leave

    async def append(self, records: Sequence[NewRecord]) -> Sequence[Position]:
        """See `EventLog`. Recipients without a key get one first, all of them at once."""
        return await self._inner.append(await self._sealed(records))

    def subscribe(
        self, topics: Collection[str], group: str, start: StartFrom
    ) -> AbstractAsyncContextManager[Subscription]:
        """See `EventLog`."""
        return self._opening(self._inner.subscribe(topics, group, start))

    def tail(
        self, topics: Collection[str], start: LogToken | None = None
    ) -> AbstractAsyncContextManager[Subscription]:
        """See `EventLog`."""
        return self._opening(self._inner.tail(topics, start))

    async def end(self, topics: Collection[str]) -> LogToken:
        """See `EventLog`."""
        return await self._inner.end(topics)

    @asynccontextmanager
    async def _opening(
        self, inner: AbstractAsyncContextManager[Subscription]
    ) -> AsyncIterator[Subscription]:
        async with inner as subscription:
            yield _Opened(subscription, self._keyring, self._leave)

    async def _sealed(self, records: Sequence[NewRecord]) -> Sequence[NewRecord]:
        names = self._keyring.names
        about = [_about(self._keyring, record) for record in records]
        if not any(about):
            return [sealed_record.restored(record) for record in records]
        keys = await self._keyring.issue([each for each in about if each])
        return [
            sealed_record.restored(record) if who is None
            else sealed_record.bury(record, who, names) if keys[who] == GONE or _ends(record)
            else sealed_record.seal(record, who, keys[who], names)
            for record, who in zip(records, about, strict=True)
        ]  # fmt: skip


def _ends(record: NewRecord | Record) -> bool:
    """Whether a record takes its key out of a compacted topic."""
    return not record.value and topics.ALL[record.topic].compacted


def _about(keyring: Keyring, record: NewRecord) -> Who | None:
    """Whom a record is about; None where it is to be written as it is."""
    if BROKEN in record.headers:
        return None
    key = sealed_record.key_about(record)
    return sealed_record.who(keyring.names, key) if key else None


class _Opened:
    """A `Subscription` that opens what another one reads."""

    def __init__(self, inner: Subscription, keyring: Keyring, leave: Leave) -> None:
        self._inner = inner
        self._keyring = keyring
        self._leave = leave
        self._polled: Sequence[Record] = ()
        self._position = inner.position

    @property
    def position(self) -> LogToken:
        """See `Subscription`."""
        return self._position

    async def poll(self, max_records: int, wait_seconds: float) -> Sequence[Record]:
        """See `Subscription`. What is read and not opened yet comes first, after a failure too."""
        if not self._polled:
            self._polled = await self._inner.poll(max_records, wait_seconds)
        opened = await self._open(self._polled)
        self._polled, self._position = (), self._inner.position
        return opened

    async def _open(self, records: Sequence[Record]) -> Sequence[Record]:
        about = [
            None if left else _about_read(self._keyring, record)
            for record, left in zip(records, await self._leave(records), strict=True)
        ]
        wanted = [each for each in about if each]
        keys = await self._keyring.find(wanted) if wanted else {}
        opened: list[Record] = []
        for record, who in zip(records, about, strict=True):
            if who is None:
                opened.append(record)
            elif keys.get(who) == GONE or _ends(record):
                if topics.ALL[record.topic].compacted:
                    opened.append(sealed_record.tombstone(record, who))
            elif SEALED in record.headers:
                opened.append(_unsealed(record, who, keys.get(who)))
            else:
                opened.append(record)  # written before records were sealed
        return opened


def _about_read(keyring: Keyring, record: Record) -> Who | None:
    """Whom a record is about that was read; None where it is to be passed on as it is."""
    if SEALED in record.headers:
        return sealed_record.who_sealed(record)
    if BROKEN in record.headers:
        return None
    key = sealed_record.key_about(record)
    return sealed_record.who(keyring.names, key) if key else None


def _unsealed(record: Record, who: Who, key: bytes | None) -> Record:
    """The record, opened; with its fault where that cannot be done."""
    if key is None:
        why = Invalid("there is no key to open it with", reason="KEY_MISSING")
        return sealed_record.broken(record, why)
    try:
        return sealed_record.unseal(record, who, key)
    except Damaged as error:
        return sealed_record.broken(record, Invalid(str(error), reason="SEAL_BROKEN"))
