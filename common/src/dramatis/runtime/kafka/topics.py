"""The topics on the cluster: made where they are missing, never altered where they are."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, TopicAlreadyExistsError, for_code

from dramatis.core.errors import DramatisError, Unavailable
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka.errors import to_ours, translated
from dramatis.runtime.kafka.probe import probe
from dramatis.runtime.topics import Topic

MAX_RECORD_BYTES = 32 << 20  # a snapshot of 512 personas and 10,000 campaigns is 20 MB
KEEP_TOMBSTONES_DAYS = 30  # a reader that was away for less still learns what was removed
COMPACT_WITHIN_DAYS = 1
ENOUGH_REPLICAS = 3
VISIBLE_SECONDS = 15.0
_DAY = 86_400_000  # milliseconds
_logger = structlog.get_logger(__name__)


async def ensure(cluster: Cluster, known: Mapping[str, Topic]) -> Mapping[str, int]:
    """Makes the topics that are missing; returns how many partitions each topic has.

    Raises:
        Unavailable: the cluster is away, or does not let us.
    """
    admin = AIOKafkaAdminClient(**cluster.arguments)
    try:
        await _start(admin, cluster)
        present = await _present(admin, cluster, known)
        if missing := [topic for topic in known.values() if topic.name not in present]:
            await _create(admin, cluster, missing)
            present = await _visible(admin, cluster, known)
        return present
    finally:
        await admin.close()


async def remove(cluster: Cluster, known: Mapping[str, Topic]) -> None:
    """Deletes the topics that are there, with all that is in them.

    Raises:
        Unavailable: the cluster is away, or does not let us.
    """
    admin = AIOKafkaAdminClient(**cluster.arguments)
    try:
        with translated():
            await _start(admin, cluster)
            present = await _present(admin, cluster, known)
            answer = await admin.delete_topics([cluster.name(topic) for topic in present])
        for name, code in answer.topic_error_codes:
            if code:
                raise Unavailable(f"the event log does not delete {name}", reason="LOG_TOPIC")
    finally:
        await admin.close()


async def survey(cluster: Cluster, known: Mapping[str, Topic]) -> tuple[int, Mapping[str, int]]:
    """How many brokers there are, and how many partitions each topic has that is there.

    Raises:
        Unavailable: the cluster is away, or does not let us.
    """
    admin = AIOKafkaAdminClient(**cluster.arguments)
    try:
        with translated():
            await _start(admin, cluster)
            brokers = len((await admin.describe_cluster())["brokers"])
            return brokers, await _present(admin, cluster, known)
    finally:
        await admin.close()


async def _start(admin: AIOKafkaAdminClient, cluster: Cluster) -> None:
    try:
        await admin.start()
    except KafkaConnectionError:
        await probe(cluster)
        raise


async def _present(
    admin: AIOKafkaAdminClient, cluster: Cluster, known: Mapping[str, Topic]
) -> Mapping[str, int]:
    """Partitions of those that are there. Asks for all: to ask for one by name may create it."""
    names = {cluster.name(topic): topic for topic in known}
    found = await admin.describe_topics()
    return {
        names[each["topic"]]: len(each["partitions"])
        for each in found
        if each["topic"] in names and each["partitions"] and all(map(_led, each["partitions"]))
    }


def _led(partition: Mapping[str, Any]) -> bool:
    return int(partition["leader"]) >= 0


async def _visible(
    admin: AIOKafkaAdminClient, cluster: Cluster, known: Mapping[str, Topic]
) -> Mapping[str, int]:
    """Waits until brokers tell of all topics, and who leads their partitions."""
    async with asyncio.timeout(VISIBLE_SECONDS):
        while len(present := await _present(admin, cluster, known)) < len(known):
            await asyncio.sleep(0.05)
    return present


async def _create(admin: AIOKafkaAdminClient, cluster: Cluster, missing: Sequence[Topic]) -> None:
    brokers = len((await admin.describe_cluster())["brokers"])
    replication = cluster.replication or min(ENOUGH_REPLICAS, brokers)
    if replication < ENOUGH_REPLICAS:
        _logger.warning("topics with few copies", replication=replication, brokers=brokers)
    answer = await admin.create_topics(
        [
            NewTopic(
                name=cluster.name(topic.name),
                num_partitions=partitions(cluster, topic),
                replication_factor=replication,
                topic_configs=configuration(cluster, topic, replication),
            )
            for topic in missing
        ]
    )
    for name, code, message in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            _logger.error("topic not created", topic=name, error=error.__name__, message=message)
            raise _refused(error(message), name)


def _refused(error: Exception, name: str) -> DramatisError:
    ours = to_ours(error)
    if ours.reason != "LOG_AWAY":
        return ours
    return Unavailable(
        f"the event log does not create {name}: {type(error).__name__}; "
        "check DRAMATIS_KAFKA_REPLICATION against the number of brokers",
        reason="LOG_TOPIC",
    )


def partitions(cluster: Cluster, topic: Topic) -> int:
    """How many a new topic gets: many where its records are of recipients."""
    return cluster.partitions if topic.key == "tenant/recipient" else topic.partitions


def configuration(cluster: Cluster, topic: Topic, replication: int) -> Mapping[str, str]:
    """A new topic's own settings."""
    common = {
        "min.insync.replicas": str(cluster.min_insync or max(1, replication - 1)),
        "max.message.bytes": str(MAX_RECORD_BYTES),
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(cluster.retention_days * _DAY or -1),
    }
    if not topic.compacted:
        return {**common, "cleanup.policy": "delete"}
    return {
        **common,
        "cleanup.policy": "compact",
        "min.cleanable.dirty.ratio": "0.1",
        "max.compaction.lag.ms": str(COMPACT_WITHIN_DAYS * _DAY),
        "delete.retention.ms": str(KEEP_TOMBSTONES_DAYS * _DAY),
    }
