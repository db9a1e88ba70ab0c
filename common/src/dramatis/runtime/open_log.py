"""The event log that the settings name."""

from contextlib import AbstractAsyncContextManager

from dramatis.runtime import sqlite_log
from dramatis.runtime.common_settings import Common
from dramatis.runtime.event_log import EventLog
from dramatis.runtime.kafka_log import KafkaLog
from dramatis.runtime.sqlite_log import SqliteLog


def open_log(settings: Common) -> AbstractAsyncContextManager[EventLog]:
    """Kafka where brokers are named, else the file in the state folder that all services share.

    Raises:
        Unavailable: on entering: it cannot be used; the message says what to do.
    """
    if cluster := settings.cluster:
        return KafkaLog.open(cluster)
    return SqliteLog.open(settings.state_dir / sqlite_log.FILE_NAME)
