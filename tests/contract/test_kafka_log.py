"""The event log on Kafka keeps the contract, on a real broker."""

import uuid
from collections.abc import AsyncIterator

import pytest

from dramatis.runtime.event_log import EventLog
from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka_log import KafkaLog
from tests.contract.event_log_suite import EventLogSuite


class TestKafkaLog(EventLogSuite):
    @pytest.fixture
    async def log(self, kafka_bootstrap: str) -> AsyncIterator[EventLog]:
        cluster = Cluster(
            kafka_bootstrap, prefix=f"{uuid.uuid4().hex[:8]}-", partitions=4, wait_seconds=10
        )
        async with KafkaLog.open(cluster) as log:
            yield log
