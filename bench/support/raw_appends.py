"""What a log costs by itself: the same bytes, appended in the same batches, and nothing else."""

import json
import sqlite3
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from dramatis.api.ingest.v1 import ingest_pb2
from dramatis.runtime import envelope, topics
from dramatis.runtime.event_log import NewRecord

Batch = Sequence[NewRecord]
PARTITIONS: Final = 12


def batch(window: bytes, tenant: str) -> Batch:
    """The records of a window's events."""
    request = ingest_pb2.StreamEventsRequest.FromString(window)
    return [
        envelope.seal(
            topics.RECIPIENT_EVENTS.name,
            f"{tenant}/{event.recipient_id}",
            event.event_id,
            event.SerializeToString(),
            type_name="dramatis.api.common.v1.Event",
            source="dramatis/ingest",
            time=datetime.fromtimestamp(event.event_time.seconds, UTC),
        )
        for event in request.events
    ]


def to_sqlite(folder: Path, batches: Sequence[Batch]) -> float:
    """Seconds of appending each batch in a durable transaction of its own."""
    connection = sqlite3.connect(folder / "raw.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, time INTEGER, key TEXT,"
        " event_id TEXT, value BLOB, headers TEXT)"
    )
    begun = time.perf_counter()
    for records in batches:
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO records (time, key, event_id, value, headers) VALUES (0, ?, ?, ?, ?)",
            [(each.key, each.event_id, each.value, json.dumps(each.headers)) for each in records],
        )
        connection.execute("COMMIT")
    seconds = time.perf_counter() - begun
    connection.close()
    return seconds


async def make_topic(bootstrap: str, topic: str) -> None:
    """Makes a topic with as many partitions as that of recipients' events."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=PARTITIONS, replication_factor=1)])
    await admin.close()


async def to_kafka(bootstrap: str, topic: str, batches: Sequence[Batch], ahead: int) -> float:
    """Seconds of sending all, at most `ahead` batches before their acknowledgements.

    All replicas in sync, idempotent, zstd: as the service writes.
    """
    async with AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, compression_type="zstd"
    ) as producer:
        await producer.partitions_for(topic)
        begun = time.perf_counter()
        waiting = []
        for records in batches:
            sent = [
                await producer.send(
                    topic,
                    key=each.key.encode(),
                    value=each.value,
                    headers=[(name, text.encode()) for name, text in each.headers.items()],
                )
                for each in records
            ]
            waiting.append(sent)
            if len(waiting) > ahead:
                for done in waiting.pop(0):
                    await done
        for sent in waiting:
            for done in sent:
                await done
        return time.perf_counter() - begun
