"""What a group was handed and how much is left, as metrics."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiokafka import TopicPartition

from dramatis.runtime import log_metrics
from dramatis.runtime.kafka.cluster import Cluster


class Lag:
    """Tells the metrics of one member of a group; of a reader without group it tells nothing."""

    def __init__(self, cluster: Cluster, group: str) -> None:
        self._cluster = cluster
        self._group = group

    def tell(
        self,
        consumer: Any,
        places: Mapping[TopicPartition, int],
        found: Mapping[TopicPartition, Sequence[Any]],
    ) -> None:
        """Records were handed out, and the reader is at these places now."""
        if not self._group:
            return
        for at, records in found.items():
            topic = self._cluster.topic(at.topic)
            log_metrics.CONSUMED.labels(topic, self._group).inc(len(records))
        for at, offset in places.items():
            end = consumer.highwater(at) or offset
            log_metrics.LAG.labels(*self._labels(at)).set(max(0, end - offset))

    def forget(self, partitions: Collection[TopicPartition]) -> None:
        """These are no longer ours to tell of."""
        for at in partitions:
            with suppress(KeyError):
                log_metrics.LAG.remove(*self._labels(at))

    def _labels(self, at: TopicPartition) -> tuple[str, str, str]:
        return self._cluster.topic(at.topic), str(at.partition), self._group
