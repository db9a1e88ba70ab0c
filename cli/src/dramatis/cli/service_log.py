"""The services' event log, opened by a command beside them."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from dramatis.core.errors import Invalid
from dramatis.runtime import sqlite_log
from dramatis.runtime.common_settings import Common
from dramatis.runtime.event_log import EventLog, Record
from dramatis.runtime.keyring.opening import open_keyring
from dramatis.runtime.keyring.ring import Keyring
from dramatis.runtime.log_token import LogToken
from dramatis.runtime.open_log import open_log
from dramatis.runtime.sealed_log import SealedLog

AT_ONCE = 1_000
WAIT_SECONDS = 1.0


@asynccontextmanager
async def open_service_log(settings: Common) -> AsyncIterator[tuple[EventLog, Keyring]]:
    """The log, and the keyring that opens what is sealed in it.

    Raises:
        Invalid: there is none.
        Unavailable: it cannot be used; the message says what to do.
    """
    if not settings.cluster and not (settings.state_dir / sqlite_log.FILE_NAME).exists():
        raise Invalid(
            f"{settings.state_dir} holds no event log: name the services' state folder with "
            "--state, or their brokers with DRAMATIS_KAFKA_BOOTSTRAP"
        )
    async with open_keyring(settings) as keyring, open_log(settings) as log:
        yield SealedLog(log, keyring), keyring


async def read_to_end(
    log: EventLog, topics: Collection[str], start: LogToken | None = None
) -> AsyncIterator[tuple[list[Record], LogToken]]:
    """Yields records in batches, and the place after each, up to the present end of the topics."""
    end = await log.end(topics)
    async with log.tail(topics, start) as subscription:
        while not subscription.position.covers(end):
            records = await subscription.poll(AT_ONCE, WAIT_SECONDS)
            yield list(records), subscription.position
