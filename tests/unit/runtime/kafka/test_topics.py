import pytest

from dramatis.runtime import topics
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka.topics import configuration, partitions


@pytest.mark.parametrize(
    ("given", "replication", "expected"), [(0, 3, "2"), (0, 1, "1"), (0, 2, "1"), (3, 3, "3")]
)
def test_all_copies_but_one_must_hold_a_record(given: int, replication: int, expected: str) -> None:
    cluster = Cluster("a:1", min_insync=given)
    made = configuration(cluster, topics.RECIPIENT_EVENTS, replication)
    assert made["min.insync.replicas"] == expected


def test_a_compacted_topic_is_never_deleted_from() -> None:
    made = configuration(Cluster("a:1", retention_days=7), topics.CONSENTS, 3)
    assert made["cleanup.policy"] == "compact"
    assert int(made["delete.retention.ms"]) == 30 * 24 * 3600 * 1000


def test_a_log_is_kept_as_long_as_is_said() -> None:
    assert configuration(Cluster("a:1"), topics.DECISIONS, 3)["retention.ms"] == "-1"
    week = configuration(Cluster("a:1", retention_days=7), topics.DECISIONS, 3)
    assert week["retention.ms"] == str(7 * 24 * 3600 * 1000)


def test_recipients_get_many_partitions() -> None:
    cluster = Cluster("a:1", partitions=24)
    assert partitions(cluster, topics.RECIPIENT_EVENTS) == 24
    assert partitions(cluster, topics.PLANS) == topics.PLANS.partitions
